/** How often a healthy candidate is rolled back in thirty days of looks at every minute. */
import { number } from '../../page.js';
import type { Peer } from '../../peers/peer.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size, type Table } from '../part.js';
import { Random } from '../random.js';
import { type Kind, KINDS, RATE } from '../streams/kinds.js';
import { CLASSES, MINUTES_A_DAY, type StreamClass } from '../streams/noise.js';
import { rateStream } from '../streams/rate.js';
import { countOf, mostByChance } from '../tally.js';
import { BUDGET, judgeOf, looksUntil, opened, questionOf, skipRecorded } from '../watch.js';
import { isJudged } from './judged.js';
import { onWatch, PEER_NOTES, WATCHING } from './peers.js';

const DAYS = 30;
export const TRAFFICS = [300, 3_000] as const;
const RUNS = { rate: 1_000, other: 200, peers: 100 };

/** Looks until the judge, or each peer by name, rolled back. */
type Outcome = Record<string, number>;
const OURS = 'ours';

export const looksIn = (size: Size, days: number): number => scaled(days * MINUTES_A_DAY, size.looks, 60);

const caseName = (who: string, kind: Kind, of: StreamClass, traffic: number): string =>
  `${who}: ${kind.name}, ${of.name}, ${traffic}`;

function runsOf(kind: Kind, size: Size): number {
  return scaled(kind === RATE ? RUNS.rate : RUNS.other, size.runs, 4);
}

function cases(size: Size): Case<Outcome>[] {
  const ours = KINDS.filter(isJudged).flatMap((kind) =>
    CLASSES.flatMap((of) => TRAFFICS.map((traffic) => ourCase(size, kind, of, traffic))),
  );
  const peers = CLASSES.flatMap((of) => TRAFFICS.map((traffic) => peersCase(size, of, traffic)));
  return [...ours, ...peers];
}

export function ourCase(size: Size, kind: Kind, of: StreamClass, traffic: number): Case<Outcome> {
  const judge = judgeOf(questionOf(kind, of));
  const name = caseName(OURS, kind, of, traffic);
  return {
    name,
    runs: runsOf(kind, size),
    run(seed) {
      const stream = kind.stream({ class: of, traffic, ratio: 1, phase: 'guard', random: new Random(name, seed) });
      const state = opened(judge(), stream, 'guard');
      return { [OURS]: looksUntil(judge(), state, stream, 'fail', looksIn(size, DAYS)) };
    },
  };
}

/** All peers on one stream; it ends when the last has rolled back. */
function peersCase(size: Size, of: StreamClass, traffic: number): Case<Outcome> {
  return {
    name: caseName('peers', RATE, of, traffic),
    runs: scaled(RUNS.peers, size.runs, 4),
    run(seed) {
      const random = new Random(caseName(OURS, RATE, of, traffic), seed);
      const stream = rateStream({ class: of, traffic, ratio: 1, phase: 'guard', random });
      skipRecorded(stream);
      return rolledBackAt(WATCHING, stream, looksIn(size, DAYS));
    },
  };
}

/** Looks until each peer rolled back, by name. */
export function rolledBackAt(
  peers: readonly Peer[],
  stream: ReturnType<typeof rateStream>,
  looks: number,
): Record<string, number> {
  const at = Object.fromEntries(peers.map(({ name }) => [name, Number.POSITIVE_INFINITY]));
  let watching = peers.map((peer) => ({ name: peer.name, guard: onWatch(peer) }));
  for (let look = 1; look <= looks && watching.length > 0; look += 1) {
    stream.next();
    for (const { name, guard } of watching) if (guard.look(stream.control, stream.treated) === 'fail') at[name] = look;
    if (watching.some(({ name }) => at[name] === look)) watching = watching.filter(({ name }) => at[name] !== look);
  }
  return at;
}

function report(size: Size, outcomes: Outcomes<Outcome>) {
  const promises = KINDS.flatMap((kind) =>
    CLASSES.flatMap((of) => TRAFFICS.map((traffic) => promise(kind, of, traffic, outcomes))),
  );
  return { tables: [rateTable(outcomes), peersTable(size, outcomes), kindsTable(outcomes)], promises };
}

const rolledBack = (found: readonly Outcome[], who: string, within = Number.MAX_VALUE): number =>
  countOf(found, (outcome) => (outcome[who] ?? Number.POSITIVE_INFINITY) <= within);

function promise(kind: Kind, of: StreamClass, traffic: number, outcomes: Outcomes<Outcome>): Kept {
  const found = outcomes(caseName(OURS, kind, of, traffic));
  const what = `healthy ${kind.name}, ${of.name}, ${number(traffic)}/min: rolled back`;
  const target = { kind: 'atMost', value: mostByChance(found.length, BUDGET.rollback) } as const;
  const measured = found.length > 0 ? rolledBack(found, OURS) : Number.NaN;
  return { what, target, measured, unit: `of ${number(found.length)}` };
}

const each = <T>(row: (of: StreamClass, traffic: number) => T): T[] =>
  CLASSES.flatMap((of) => TRAFFICS.map((traffic) => row(of, traffic)));

export function outOf(count: number, runs: number): string {
  return runs === 0 ? 'not measured' : `${number(count)} of ${number(runs)}`;
}

function rateTable(outcomes: Outcomes<Outcome>): Table {
  return {
    title: 'Error rates: rolled back although nothing is wrong, over 30 days',
    columns: ['stream', 'requests/min/arm', 'ours', 'at most', ...WATCHING.map(({ name }) => name)],
    rows: each((of, traffic) => {
      const ours = outcomes(caseName(OURS, RATE, of, traffic));
      const peers = outcomes(caseName('peers', RATE, of, traffic));
      return [
        of.name,
        number(traffic),
        outOf(rolledBack(ours, OURS), ours.length),
        number(mostByChance(ours.length, BUDGET.rollback)),
        ...WATCHING.map(({ name }) => outOf(rolledBack(peers, name), peers.length)),
      ];
    }),
  };
}

function peersTable(size: Size, outcomes: Outcomes<Outcome>): Table {
  const days = [1 / 24, 1, 7].map((part) => [part, Math.min(part * MINUTES_A_DAY, looksIn(size, DAYS))] as const);
  const of = CLASSES[0];
  const traffic = TRAFFICS[0];
  const rows = of
    ? [OURS, ...WATCHING.map(({ name }) => name)].map((who) => {
        const found = outcomes(caseName(who === OURS ? OURS : 'peers', RATE, of, traffic));
        return [who, ...days.map(([, looks]) => outOf(rolledBack(found, who, looks), found.length))];
      })
    : [];
  return {
    title: `The same for shorter watches (${of?.name}, ${traffic} requests/min/arm)`,
    columns: ['', 'within an hour', 'a day', 'a week'],
    rows,
  };
}

function kindsTable(outcomes: Outcomes<Outcome>): Table {
  const others = KINDS.filter((kind) => kind !== RATE);
  return {
    title: 'Other kinds: rolled back although nothing is wrong, over 30 days',
    columns: ['stream', 'requests/min/arm', ...others.map(({ name }) => name), 'at most'],
    rows: each((of, traffic) => {
      const found = others.map((kind) => outcomes(caseName(OURS, kind, of, traffic)));
      const runs = Math.max(...found.map(({ length }) => length));
      return [
        of.name,
        number(traffic),
        ...found.map((all) => outOf(rolledBack(all, OURS), all.length)),
        number(mostByChance(runs, BUDGET.rollback)),
      ];
    }),
  };
}

export const falseAlarms: Part<Outcome> = {
  name: 'false-alarms',
  title: 'Healthy candidates rolled back',
  question:
    'The candidate is exactly as good as the baseline and is watched for 30 days, with a look every minute (43,200 looks).' +
    ' How often is it rolled back? The plan allows 2 % (`falseAlarms.rollback`).',
  how: `${number(RUNS.rate)} runs per row for error rates, ${RUNS.other} for other kinds, ${RUNS.peers} for the peers (on the same streams as ours). "At most" is the number that chance exceeds once in a hundred times if the true frequency is 2 %. ${PEER_NOTES}`,
  limits:
    'streams of other kinds than these; a budget divided over several gates; peers with other settings than these. Peers are asked about error rates only.',
  alone: false,
  cases,
  report,
};
