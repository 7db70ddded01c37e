/** What a window and a look cost the judge, and what it keeps. */
import type { Judge, JudgeState } from '../../../../judge/types.js';
import type { Window } from '../../../../workflows/contract/windows.js';
import { number } from '../../page.js';
import { median } from '../../row.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { KINDS } from '../streams/kinds.js';
import { POISSON } from '../streams/noise.js';
import { slicedStream } from '../streams/slices.js';
import type { Stream } from '../streams/stream.js';
import { GATE, judgeOf, opened, type Question, questionOf } from '../watch.js';
import { isJudged } from './judged.js';
import { slicedQuestion } from './slices.js';

const WINDOWS = 3_000;
const PASSES = 9;
/** Passes before the program runs as fast as it will. */
const WARM_UP = 10;
const EXPLAINS = 200;
const TRAFFIC = 3_000;
const SLICED = 'rate in 20 slices';
const STATE_BYTES = 1_024;
const VERDICT_BYTES = 2_048;

interface Outcome {
  /** Microseconds of one window in a guard and in a bake, and of one `explain`. */
  guardUs: number;
  bakeUs: number;
  explainUs: number;
  /** JSON of the state with one gate, what one more gate adds to it divided by its slices, and the longest verdict. */
  stateBytes: number;
  addedBytes: number;
  verdictBytes: number;
}

type Make = (random: Random, phase: 'guard' | 'bake') => Stream;

function speedCase(size: Size, name: string, question: Question, make: Make): Case<Outcome> {
  const judge = judgeOf(question);
  const gates = [GATE, 'another'];
  const twice = judgeOf({ ...question, gates });
  const windows = scaled(WINDOWS, size.looks, 500);
  const passes = scaled(PASSES, size.runs, 3);
  return {
    name,
    runs: 1,
    run(seed) {
      const begun = (of: Judge, mode: 'guard' | 'bake') => {
        const stream = make(new Random(name, seed), mode);
        const fresh = opened(of, stream, mode, { gates: of === judge() ? [GATE] : gates });
        return { fresh, shown: Array.from({ length: windows }, () => stored(stream.next())) };
      };
      const timed = (mode: 'guard' | 'bake'): number => {
        const { fresh, shown } = begun(judge(), mode);
        const each = Array.from({ length: WARM_UP + passes }, () => passOver(judge(), stored(fresh), shown));
        return median(each.slice(WARM_UP));
      };
      const after = (of: Judge): JudgeState => {
        const { fresh, shown } = begun(of, 'bake');
        passOver(of, fresh, shown);
        return fresh;
      };
      const state = after(judge());
      const verdicts = judge().explain(state).gates;
      const stateBytes = JSON.stringify(state).length;
      return {
        guardUs: timed('guard'),
        bakeUs: timed('bake'),
        explainUs: explaining(judge(), state, scaled(EXPLAINS, size.looks, 20)),
        stateBytes,
        addedBytes: (JSON.stringify(after(twice())).length - stateBytes) / verdicts.length,
        verdictBytes: Math.max(...verdicts.map((verdict) => JSON.stringify(verdict).length)),
      };
    },
  };
}

/** As it comes out of a store. */
const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function passOver(judge: Judge, state: JudgeState, windows: readonly Window[]): number {
  const began = performance.now();
  for (const window of windows) judge.update(state, window);
  return ((performance.now() - began) * 1_000) / windows.length;
}

function explaining(judge: Judge, state: JudgeState, times: number): number {
  const each = Array.from({ length: times }, () => {
    const began = performance.now();
    judge.explain(state);
    return (performance.now() - began) * 1_000;
  });
  return median(each);
}

function cases(size: Size): Case<Outcome>[] {
  const kinds = KINDS.filter(isJudged).map((kind) =>
    speedCase(size, kind.name, questionOf(kind, POISSON), (random, phase) =>
      kind.stream({ class: POISSON, traffic: TRAFFIC, ratio: 1, phase, random }),
    ),
  );
  const sliced = speedCase(size, SLICED, slicedQuestion(POISSON), (random, phase) =>
    slicedStream({ class: POISSON, traffic: TRAFFIC, ratio: 1, phase, random }),
  );
  return [...kinds, sliced];
}

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const names = [...KINDS.map(({ name }) => name as string), SLICED];
  const promises: Kept[] = [];
  const rows = names.map((name) => {
    const [found] = outcomes(name);
    if (!found) return [name, ...Array.from({ length: 7 }, () => 'not measured')];
    const { guardUs, bakeUs, explainUs, stateBytes, addedBytes, verdictBytes } = found;
    promises.push(
      {
        what: `state of ${name}, per gate and slice`,
        target: { kind: 'atMost', value: STATE_BYTES },
        measured: Math.round(addedBytes),
        unit: 'bytes',
      },
      {
        what: `verdict on ${name}, longest of a gate and slice`,
        target: { kind: 'atMost', value: VERDICT_BYTES },
        measured: verdictBytes,
        unit: 'bytes',
      },
    );
    return [name, 1e6 / guardUs, guardUs, bakeUs, explainUs, stateBytes, Math.round(addedBytes), verdictBytes].map(
      (value) => (typeof value === 'string' ? value : number(value)),
    );
  });
  const columns = [
    'metric',
    'windows/s (guard)',
    'µs per window (guard)',
    'µs per window (bake)',
    'µs per explain',
    'state, bytes in all',
    'of which one gate and slice',
    'verdict, bytes',
  ];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const speed: Part<Outcome> = {
  name: 'speed',
  title: 'Speed and memory',
  question: 'What does it cost to judge a window on one core, to explain a verdict, and to keep what is known?',
  how:
    `${number(WINDOWS)} windows made beforehand, shown to a judge with a recorded past; medians of ${PASSES} passes after ${WARM_UP} to warm up and of ${EXPLAINS} explanations, one thread, nothing beside` +
    ' it. State is JSON after these windows, with what is kept of the metric and of the split; what a gate and slice takes of it is what a second gate adds. Windows hold both arms, with slices 42 counts.',
  limits: 'reading windows from a source or the store.',
  alone: true,
  cases,
  report,
};
