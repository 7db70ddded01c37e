/** Whether the bounds a verdict shows hold at every look at once. */
import { number } from '../../page.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { type Kind, KINDS, LATENCY } from '../streams/kinds.js';
import { AR1, BURSTS_8, MINUTES_A_DAY, POISSON, type StreamClass } from '../streams/noise.js';
import { countOf, mostByChance } from '../tally.js';
import { BUDGET, judgeOf, opened, questionOf } from '../watch.js';
import { outOf } from './false-alarms.js';
import { isJudged } from './judged.js';

const STREAMS: readonly StreamClass[] = [POISSON, BURSTS_8, AR1];
const RATIO = 1.25;
const TRAFFIC = 300;
const RUNS = 200;
/** Looks in close order, then every so many: a bound that is wrong later is wrong for long. */
const CLOSE = 240;
const STRIDE = 8;

interface Outcome {
  /** The true value has lain below the lower, above the upper bound at some look. */
  below: number;
  above: number;
}

const nameOf = (kind: Kind, of: StreamClass): string => `${kind.name}, ${of.name}`;

function coverageCase(size: Size, kind: Kind, of: StreamClass): Case<Outcome> {
  const judge = judgeOf(questionOf(kind, of));
  const name = nameOf(kind, of);
  const truth = kind.truth(RATIO);
  const looks = scaled(MINUTES_A_DAY, size.looks, 120);
  return {
    name,
    runs: scaled(RUNS, size.runs, 4),
    run(seed) {
      const random = new Random(name, seed);
      const stream = kind.stream({ class: of, traffic: TRAFFIC, ratio: RATIO, phase: 'bake', random });
      const state = opened(judge(), stream, 'bake');
      const outcome = { below: 0, above: 0 };
      for (let look = 1; look <= looks; look += 1) {
        judge().update(state, stream.next());
        if (look > CLOSE && look % STRIDE !== 0) continue;
        const [gate] = judge().explain(state).gates;
        if (gate && gate.lower !== null && gate.lower > truth) outcome.below = 1;
        if (gate && gate.upper !== null && gate.upper < truth) outcome.above = 1;
      }
      return outcome;
    },
  };
}

function cases(size: Size): Case<Outcome>[] {
  return KINDS.filter(isJudged).flatMap((kind) => STREAMS.map((of) => coverageCase(size, kind, of)));
}

type Side = keyof Outcome;

/** The level a bound is drawn at: that of the limit it is held against. Of latencies both are of the promotion. */
function levelOf(kind: Kind, side: Side): number {
  return side === 'below' && kind !== LATENCY ? BUDGET.rollback : BUDGET.promote;
}

const SIDES: readonly [side: Side, what: string][] = [
  ['below', 'lower bound above the true value'],
  ['above', 'upper bound below the true value'],
];

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const promises: Kept[] = [];
  const rows = KINDS.flatMap((kind) =>
    STREAMS.map((of) => {
      const found = outcomes(nameOf(kind, of));
      const cells = SIDES.flatMap(([side, what]) => {
        const missed = countOf(found, (outcome) => outcome[side] > 0);
        const most = mostByChance(found.length, levelOf(kind, side));
        promises.push({
          what: `${kind.name}, ${of.name}: ${what} at some look`,
          target: { kind: 'atMost', value: most },
          measured: found.length > 0 ? missed : Number.NaN,
          unit: `of ${number(found.length)}`,
        });
        return [outOf(missed, found.length), number(most)];
      });
      return [kind.name, of.name, ...cells];
    }),
  );
  const columns = ['kind', 'stream', ...SIDES.flatMap(([, what]) => [what, 'at most'])];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const coverage: Part<Outcome> = {
  name: 'coverage',
  title: 'Bounds that hold at all looks',
  question:
    'A verdict shows an estimate between two bounds. Each is drawn at the level of the limit it is held against: the lower at the' +
    ' 2 % of a rollback, the upper at the 5 % of a promotion (of latencies both at 5 %). On how many days does the true value lie outside of a bound at any look?',
  how:
    `True ratio ${RATIO}, ${TRAFFIC} requests/min/arm, ${RUNS} days per row; bounds as \`explain\` gives them, at each of the first ${CLOSE} looks and every` +
    ` ${STRIDE}th after them. "At most" is what chance exceeds once in a hundred times if the bound fails as often as its level allows.`,
  limits: 'looks between the ones looked at.',
  alone: false,
  cases,
  report,
};
