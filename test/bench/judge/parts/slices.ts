/** One bad slice among twenty, and twenty good ones. */
import type { GateVerdict } from '../../../../workflows/contract/verdicts.js';
import { number } from '../../page.js';
import { sprt } from '../../peers/sprt.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { RATE } from '../streams/kinds.js';
import { BURSTS_8, POISSON, type StreamClass } from '../streams/noise.js';
import { BAD_SLICE, SLICED_BY, SLICES, slicedStream } from '../streams/slices.js';
import { countOf, mostByChance, quantileOf } from '../tally.js';
import { BUDGET, judgeOf, looksUntil, opened, type Question, questionOf, skipRecorded } from '../watch.js';
import { minutes } from './detection.js';
import { looksIn, outOf, TRAFFICS } from './false-alarms.js';

const RATIO = 2;
const RUNS = 200;
const NAMED_PART = 0.95;
const HEALTHY_DAYS = 2;
const STREAMS: readonly StreamClass[] = [POISSON, BURSTS_8];

interface Outcome {
  /** Looks until the rollout was rolled back. */
  looks: number;
  /** Slices said to be bad at that look. */
  named: string[];
  /** Looks until the oracle, shown the bad slice alone, found it. */
  oracle: number;
}

const nameOf = (ratio: number, of: StreamClass, traffic: number): string => `${ratio} times, ${of.name}, ${traffic}`;

export function slicedQuestion(of: StreamClass): Question {
  const { spec, gate } = questionOf(RATE, of);
  return { spec: { ...spec, slices: { by: [SLICED_BY], minUnits: 200, onThin: 'extend' } }, gate };
}

function sliceCase(size: Size, ratio: number, of: StreamClass, traffic: number): Case<Outcome> {
  const judge = judgeOf(slicedQuestion(of));
  const name = nameOf(ratio, of, traffic);
  const days = ratio === 1 ? HEALTHY_DAYS : 1;
  return {
    name,
    runs: scaled(RUNS, size.runs, 4),
    run(seed) {
      const stream = slicedStream({ class: of, traffic, ratio, phase: 'guard', random: new Random(name, seed) });
      const state = opened(judge(), stream, 'guard');
      const looks = looksUntil(judge(), state, stream, 'fail', looksIn(size, days));
      const named = judge()
        .explain(state)
        .gates.filter(isBad)
        .map(({ slice }) => slice ?? 'the whole');
      return {
        looks,
        named,
        oracle: ratio === 1 ? Infinity : oracleLooks(name, seed, traffic, of, looksIn(size, days)),
      };
    },
  };
}

/** It knows by how much a slice is worse, not which of twenty it is: that costs it a twentieth of the budget. */
function oracleLooks(name: string, seed: number, traffic: number, of: StreamClass, looks: number): number {
  const stream = slicedStream({ class: of, traffic, ratio: RATIO, phase: 'guard', random: new Random(name, seed) });
  const watch = sprt('oracle', { ratio: RATIO, alpha: BUDGET.rollback / SLICES, power: NAMED_PART }).begin();
  skipRecorded(stream);
  for (let look = 1; look <= looks; look += 1) {
    stream.next();
    const decision = watch.look(stream.control, stream.treated);
    if (decision !== null) return decision === 'fail' ? look : Infinity;
  }
  return Infinity;
}

/** It failed, or is named beside the one that did. */
function isBad({ verdict, reasons }: GateVerdict): boolean {
  return verdict === 'fail' || reasons.includes('badSlice');
}

function cases(size: Size): Case<Outcome>[] {
  return STREAMS.flatMap((of) =>
    TRAFFICS.flatMap((traffic) => [RATIO, 1].map((ratio) => sliceCase(size, ratio, of, traffic))),
  );
}

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const promises: Kept[] = [];
  const rows = STREAMS.flatMap((of) =>
    TRAFFICS.map((traffic) => {
      const bad = outcomes(nameOf(RATIO, of, traffic));
      const good = outcomes(nameOf(1, of, traffic));
      const named = countOf(bad, (outcome) => outcome.named.includes(BAD_SLICE));
      const others = countOf(bad, (outcome) =>
        outcome.named.some((slice) => slice.includes('=') && slice !== BAD_SLICE),
      );
      const alarms = countOf(good, ({ looks }) => Number.isFinite(looks));
      const where = `${of.name}, ${number(traffic)}/min`;
      // Promised of independent units; what bursts cost is shown.
      if (of === POISSON)
        promises.push({
          what: `one slice of 20 twice as bad, ${where}: named within a day`,
          target: { kind: 'atLeast', value: Math.ceil(NAMED_PART * bad.length) },
          measured: named,
          unit: `of ${number(bad.length)}`,
        });
      promises.push({
        what: `20 healthy slices, ${where}: rolled back within ${HEALTHY_DAYS} days`,
        target: { kind: 'atMost', value: mostByChance(good.length, BUDGET.rollback) },
        measured: alarms,
        unit: `of ${number(good.length)}`,
      });
      return [
        of.name,
        number(traffic),
        outOf(named, bad.length),
        minutes(
          quantileOf(
            bad.map(({ looks }) => looks),
            0.5,
          ),
        ),
        outOf(
          countOf(bad, ({ oracle }) => Number.isFinite(oracle)),
          bad.length,
        ),
        minutes(
          quantileOf(
            bad.map(({ oracle }) => oracle),
            0.5,
          ),
        ),
        outOf(others, bad.length),
        outOf(alarms, good.length),
      ];
    }),
  );
  const columns = [
    'stream',
    'requests/min/arm',
    'bad slice named',
    'median minutes',
    'the oracle, told by how much',
    'its median minutes',
    'a good slice named',
    `healthy ones rolled back in ${HEALTHY_DAYS} days`,
  ];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const slices: Part<Outcome> = {
  name: 'slices',
  title: 'One bad slice among twenty',
  question:
    'Twenty slices of unequal size; one of them, with 3 % of the traffic, makes twice the errors, so that the whole makes 1.03 times as many. Is' +
    ' the rollout rolled back within a day, and the slice named? And how often is it rolled back where no slice is bad?',
  how: `${RUNS} runs per row, a look every minute. Named: the verdict on that slice fails at the look that rolls back, or that look names it as well. The oracle is Wald's test on the bad slice alone, told that it is twice as bad but at a twentieth of the budget, power ${NAMED_PART}.`,
  limits: 'peers: none of them looks at slices by itself. Several bad slices; slices that appear later.',
  alone: false,
  cases,
  report,
};
