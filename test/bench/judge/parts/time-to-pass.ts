/** How many minutes until an equal candidate passes. */
import { number } from '../../page.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { RATE } from '../streams/kinds.js';
import { MINUTES_A_DAY, POISSON } from '../streams/noise.js';
import { rateStream } from '../streams/rate.js';
import { quantileOf } from '../tally.js';
import { judgeOf, looksUntil, opened, questionOf } from '../watch.js';
import { minutes } from './detection.js';

/** Minutes by statistics.md section 3: a test of fixed size (5 %, power 0.8), and the grid e-process that knows its margin. */
const MARGINS = [
  { margin: 10, fixed: 454, p50: 488, p80: 981 },
  { margin: 25, fixed: 83, p50: 88, p80: 159 },
  { margin: 50, fixed: 25, p50: 30, p80: 51 },
] as const;
/** Statistics.md 9.3: within 20 % of those figures. */
const ROOM = 1.2;
const TRAFFIC = 300;
const RUNS = 400;
const DAYS = 4;

interface Outcome {
  looks: number;
}

const nameOf = (margin: number): string => `within ${margin} %`;

function cases(size: Size): Case<Outcome>[] {
  return MARGINS.map(({ margin, p80 }) => {
    const promoteWhen = { provenWithin: `${margin}%` };
    const question = questionOf(RATE, POISSON, { rollbackWhen: null, fastLane: null, promoteWhen });
    const judge = judgeOf({ ...question, bakeMinutes: p80 });
    const name = nameOf(margin);
    return {
      name,
      runs: scaled(RUNS, size.runs, 20),
      run(seed) {
        const random = new Random(name, seed);
        const stream = rateStream({ class: POISSON, traffic: TRAFFIC, ratio: 1, phase: 'bake', random });
        const state = opened(judge(), stream, 'bake');
        return { looks: looksUntil(judge(), state, stream, 'pass', scaled(DAYS * MINUTES_A_DAY, size.looks, 600)) };
      },
    };
  });
}

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const promises: Kept[] = [];
  const rows = MARGINS.map(({ margin, fixed, p50, p80 }) => {
    const looks = outcomes(nameOf(margin)).map((outcome) => outcome.looks);
    const [median, most] = [quantileOf(looks, 0.5), quantileOf(looks, 0.8)];
    for (const [what, measured, note] of [
      ['half', median, p50],
      ['four of five', most, p80],
    ] as const)
      promises.push({
        what: `equal candidate, within ${margin} %: minutes until ${what} have passed`,
        target: { kind: 'atMost', value: Math.floor(ROOM * note) },
        measured,
        unit: 'min',
      });
    return [`${margin} %`, minutes(median), minutes(most), number(p50), number(p80), number(fixed)];
  });
  const columns = ['margin', 'ours, p50', 'ours, p80', 'grid alone, p50', 'grid alone, p80', 'fixed size'];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const timeToPass: Part<Outcome> = {
  name: 'time-to-pass',
  title: 'Minutes until an equal candidate passes',
  question:
    'The candidate is exactly as good as the baseline. After how many minutes is it proven to be within the margin, and how does that compare with' +
    ' a test whose size is fixed in advance and which is looked at once?',
  how:
    `${RUNS} runs per row on the poisson stream, 1 % errors, ${TRAFFIC} requests/min/arm; the plan's longest bake is the p80 of the grid alone. The last three columns are the` +
    ' figures of the design note: the grid of alternatives by itself, and (z_a + z_b)^2 4 / ln(margin)^2 errors for one look at 5 % with power 0.8.',
  limits: 'candidates that are a little worse than the baseline take longer.',
  alone: false,
  cases,
  report,
};
