/** How many minutes until a bad candidate is rolled back. */
import { number } from '../../page.js';
import type { Peer } from '../../peers/peer.js';
import { sprt } from '../../peers/sprt.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size, type Table } from '../part.js';
import { Random } from '../random.js';
import { type Kind, KINDS, RATE } from '../streams/kinds.js';
import { BURSTS_3, BURSTS_8, MINUTES_A_DAY, POISSON, type StreamClass } from '../streams/noise.js';
import { rateStream } from '../streams/rate.js';
import { quantileOf } from '../tally.js';
import { BUDGET, judgeOf, looksUntil, opened, questionOf } from '../watch.js';
import { TRAFFICS } from './false-alarms.js';
import { isJudged } from './judged.js';
import { onWatch, PEER_NOTES, WATCHING } from './peers.js';

const RATIOS = [1.1, 1.25, 1.5, 2, 4] as const;
const STREAMS: readonly StreamClass[] = [POISSON, BURSTS_3, BURSTS_8];
const RUNS = { rate: 400, other: 200 };
const DAYS = 4;
const POWER = 0.8;
const OURS = 'ours';
const ORACLE = 'oracle';
const KAYENTA = 'Kayenta';
/** Of the oracle's median, on Poisson streams of 300 requests a minute (statistics.md 12.14). */
const TIMES_ORACLE: ReadonlyMap<number, number> = new Map([
  [1.25, 1.7],
  [1.5, 2.3],
  [2, 3.2],
]);
const DISASTER = 4;
const DISASTER_WINDOWS = 5;

/** Looks until each rolled back, by name. */
type Outcome = Record<string, number>;

const caseName = (kind: Kind, of: StreamClass, traffic: number, ratio: number): string =>
  `${kind.name}, ${of.name}, ${traffic}, ${ratio}`;

const looksOf = (size: Size): number => scaled(DAYS * MINUTES_A_DAY, size.looks, 600);

function cases(size: Size): Case<Outcome>[] {
  const rates = STREAMS.flatMap((of) =>
    TRAFFICS.flatMap((traffic) => RATIOS.map((ratio) => rateCase(size, of, traffic, ratio))),
  );
  const others = KINDS.filter((kind) => kind !== RATE && isJudged(kind)).flatMap((kind) =>
    TRAFFICS.flatMap((traffic) => RATIOS.map((ratio) => otherCase(size, kind, traffic, ratio))),
  );
  return [...rates, ...others];
}

/** Everybody looks at the same minutes. */
export function rateCase(size: Size, of: StreamClass, traffic: number, ratio: number): Case<Outcome> {
  const judge = judgeOf(questionOf(RATE, of));
  const name = caseName(RATE, of, traffic, ratio);
  const peers: readonly Peer[] = [sprt(ORACLE, { ratio, alpha: BUDGET.rollback, power: POWER }), ...WATCHING];
  return {
    name,
    runs: scaled(RUNS.rate, size.runs, 20),
    run(seed) {
      const stream = rateStream({ class: of, traffic, ratio, phase: 'guard', random: new Random(name, seed) });
      const state = opened(judge(), stream, 'guard');
      const at: Outcome = Object.fromEntries([OURS, ...peers.map((peer) => peer.name)].map((who) => [who, Infinity]));
      let watching = peers.map((peer) => ({
        name: peer.name,
        guard: peer.name === ORACLE ? peer.begin() : onWatch(peer),
      }));
      for (let look = 1; look <= looksOf(size) && (watching.length > 0 || at[OURS] === Infinity); look += 1) {
        const window = stream.next();
        if (at[OURS] === Infinity) {
          judge().update(state, window);
          if (judge().verdict(state) === 'fail') at[OURS] = look;
        }
        watching = watching.filter((peer) => {
          const decision = peer.guard.look(stream.control, stream.treated);
          if (decision === 'fail') at[peer.name] = look;
          // The oracle that has accepted the candidate is done; the others begin again.
          return decision !== 'fail' && !(decision === 'pass' && peer.name === ORACLE);
        });
      }
      return at;
    },
  };
}

function otherCase(size: Size, kind: Kind, traffic: number, ratio: number): Case<Outcome> {
  const judge = judgeOf(questionOf(kind, POISSON));
  const name = caseName(kind, POISSON, traffic, ratio);
  return {
    name,
    runs: scaled(RUNS.other, size.runs, 20),
    run(seed) {
      const stream = kind.stream({ class: POISSON, traffic, ratio, phase: 'guard', random: new Random(name, seed) });
      const state = opened(judge(), stream, 'guard');
      return { [OURS]: looksUntil(judge(), state, stream, 'fail', looksOf(size)) };
    },
  };
}

const medianOf = (found: readonly Outcome[], who: string): number =>
  quantileOf(
    found.map((outcome) => outcome[who] ?? Infinity),
    0.5,
  );

export function minutes(looks: number): string {
  return looks === Infinity ? 'not found' : number(looks);
}

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const who = [OURS, ORACLE, ...WATCHING.map(({ name }) => name)];
  const tables: Table[] = STREAMS.flatMap((of) =>
    TRAFFICS.map((traffic) => ({
      title: `Errors, ${of.name}, ${number(traffic)} requests/min/arm: median minutes`,
      columns: ['true ratio', ...who, 'ours / oracle'],
      rows: RATIOS.map((ratio) => {
        const found = outcomes(caseName(RATE, of, traffic, ratio));
        const times = medianOf(found, OURS) / medianOf(found, ORACLE);
        return [
          String(ratio),
          ...who.map((name) => minutes(medianOf(found, name))),
          Number.isFinite(times) && times > 0 ? number(times) : '–',
        ];
      }),
    })),
  );
  tables.push(othersTable(outcomes));
  const promises = TRAFFICS.flatMap((traffic) =>
    RATIOS.flatMap((ratio) => promisesOf(traffic, ratio, outcomes(caseName(RATE, POISSON, traffic, ratio)))),
  );
  return { tables, promises };
}

function othersTable(outcomes: Outcomes<Outcome>): Table {
  const others = KINDS.filter((kind) => kind !== RATE);
  return {
    title: 'Other kinds, poisson: median minutes',
    columns: [
      'true ratio',
      ...others.flatMap(({ name }) => TRAFFICS.map((traffic) => `${name}, ${number(traffic)}/min`)),
    ],
    rows: RATIOS.map((ratio) => [
      String(ratio),
      ...others.flatMap((kind) =>
        TRAFFICS.map((traffic) => {
          const found = outcomes(caseName(kind, POISSON, traffic, ratio));
          return found.length === 0 ? 'not measured' : minutes(medianOf(found, OURS));
        }),
      ),
    ]),
  };
}

function promisesOf(traffic: number, ratio: number, found: readonly Outcome[]): Kept[] {
  const [ours, oracle, kayenta] = [OURS, ORACLE, KAYENTA].map((who) => medianOf(found, who));
  const where = `errors ${ratio} times, poisson, ${number(traffic)}/min`;
  const kept: Kept[] = [];
  const times = TIMES_ORACLE.get(ratio);
  if (times !== undefined && traffic === TRAFFICS[0] && ours !== undefined && oracle !== undefined)
    kept.push({
      what: `${where}: median over the oracle's`,
      target: { kind: 'atMost', value: times },
      measured: ours / oracle,
      unit: 'times',
    });
  if (ratio === DISASTER)
    kept.push({
      what: `${where}: median`,
      target: { kind: 'atMost', value: DISASTER_WINDOWS },
      measured: ours ?? Number.NaN,
      unit: 'windows',
    });
  kept.push({
    what: `${where}: median, against Kayenta's`,
    target: { kind: 'atMost', value: kayenta ?? Number.NaN },
    measured: ours ?? Number.NaN,
    unit: 'windows',
  });
  return kept;
}

export const detection: Part<Outcome> = {
  name: 'detection',
  title: 'Minutes until a bad candidate is rolled back',
  question:
    'The candidate makes 1.1 to 4 times the errors (of other kinds: 1.1 to 4 times the shortfall, the slow requests, the cost, the events) from the' +
    ' first minute on. After how many minutes is it rolled back, at the median?',
  how:
    `${RUNS.rate} runs per line for error rates, ${RUNS.other} for other kinds, at most ${DAYS} days each; everybody looks at the same minutes.` +
    ` The oracle is Wald's sequential test that knows the true ratio, at our error level (${BUDGET.rollback}) and a power of ${POWER}; one run in five it` +
    ` accepts the candidate and never finds it. ${PEER_NOTES} A peer that also fires on healthy candidates (above) is fast for that reason.`,
  limits: 'harm that begins later, grows, or comes and goes.',
  alone: false,
  cases,
  report,
};
