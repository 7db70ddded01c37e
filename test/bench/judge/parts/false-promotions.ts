/** How often a candidate exactly as bad as the margin allows is promoted in a bake of one day. */
import { number } from '../../page.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { RATE } from '../streams/kinds.js';
import { CLASSES, MINUTES_A_DAY, type StreamClass } from '../streams/noise.js';
import { rateStream } from '../streams/rate.js';
import { countOf, mostByChance } from '../tally.js';
import { BUDGET, judgeOf, looksUntil, opened, questionOf, skipRecorded } from '../watch.js';
import { looksIn, outOf, TRAFFICS } from './false-alarms.js';
import { PROMOTING, PROMOTING_NOTES } from './peers.js';

const MARGIN = 0.25;
const RUNS = { ours: 1_000, peers: 100 };

interface Outcome {
  /** Names of those that promoted. */
  promotedBy: string[];
}
const OURS = 'ours';

const nameOf = (who: string, of: StreamClass, traffic: number): string => `${who}: ${of.name}, ${traffic}`;

function cases(size: Size): Case<Outcome>[] {
  return CLASSES.flatMap((of) =>
    TRAFFICS.flatMap((traffic) => [ourCase(size, of, traffic), peersCase(size, of, traffic)]),
  );
}

/** It may not fail: a rollback that comes first would hide a promotion. */
function ourCase(size: Size, of: StreamClass, traffic: number): Case<Outcome> {
  const question = questionOf(RATE, of, {
    rollbackWhen: null,
    fastLane: null,
    promoteWhen: { provenWithin: `${100 * MARGIN}%` },
  });
  const judge = judgeOf({ ...question, bakeMinutes: MINUTES_A_DAY });
  const name = nameOf(OURS, of, traffic);
  return {
    name,
    runs: scaled(RUNS.ours, size.runs, 4),
    run(seed) {
      const stream = rateStream({
        class: of,
        traffic,
        ratio: 1 + MARGIN,
        phase: 'bake',
        random: new Random(name, seed),
      });
      const state = opened(judge(), stream, 'bake');
      const looks = looksUntil(judge(), state, stream, 'pass', looksIn(size, 1));
      return { promotedBy: Number.isFinite(looks) ? [OURS] : [] };
    },
  };
}

function peersCase(size: Size, of: StreamClass, traffic: number): Case<Outcome> {
  return {
    name: nameOf('peers', of, traffic),
    runs: scaled(RUNS.peers, size.runs, 4),
    run(seed) {
      const random = new Random(nameOf(OURS, of, traffic), seed);
      const stream = rateStream({ class: of, traffic, ratio: 1 + MARGIN, phase: 'bake', random });
      skipRecorded(stream);
      const undecided = new Map(PROMOTING.map((peer) => [peer.name, peer.begin()]));
      const promotedBy: string[] = [];
      for (let look = 1; look <= MINUTES_A_DAY && undecided.size > 0; look += 1) {
        stream.next();
        for (const [name, watch] of undecided) {
          const decision = watch.look(stream.control, stream.treated);
          if (decision === 'pass') promotedBy.push(name);
          if (decision !== null) undecided.delete(name);
        }
      }
      return { promotedBy };
    },
  };
}

const promoted = (found: readonly Outcome[], who: string): number =>
  countOf(found, ({ promotedBy }) => promotedBy.includes(who));

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const promises: Kept[] = [];
  const rows = CLASSES.flatMap((of) =>
    TRAFFICS.map((traffic) => {
      const ours = outcomes(nameOf(OURS, of, traffic));
      const peers = outcomes(nameOf('peers', of, traffic));
      const most = mostByChance(ours.length, BUDGET.promote);
      promises.push({
        what: `candidate at its margin, ${of.name}, ${number(traffic)}/min: promoted`,
        target: { kind: 'atMost', value: most },
        measured: promoted(ours, OURS),
        unit: `of ${number(ours.length)}`,
      });
      return [
        of.name,
        number(traffic),
        outOf(promoted(ours, OURS), ours.length),
        number(most),
        ...PROMOTING.map(({ name }) => outOf(promoted(peers, name), peers.length)),
      ];
    }),
  );
  const columns = ['stream', 'requests/min/arm', 'ours', 'at most', ...PROMOTING.map(({ name }) => name)];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const falsePromotions: Part<Outcome> = {
  name: 'false-promotions',
  title: 'Bad candidates promoted',
  question:
    'The candidate makes 25 % more errors, exactly what `promoteWhen: { provenWithin: 25% }` no longer admits, and bakes for a day with a look every' +
    ' minute. How often does it pass at any of them? The plan allows 5 % (`falseAlarms.promote`).',
  how: `${number(RUNS.ours)} runs per row, ${RUNS.peers} for the peers. The gate may not roll back here, for that would hide promotions. "At most" is what chance exceeds once in a hundred times if the true frequency is 5 %. ${PROMOTING_NOTES}`,
  limits:
    'peers have no margin: they promote what they have not found to be bad, and the table shows how often that is.',
  alone: false,
  cases,
  report,
};
