/** What a window and a look cost the judge. */
import { makeJudge } from '../../judge/judge.js';
import type { JudgeState } from '../../judge/types.js';
import type { Window } from '../../workflows/contract/windows.js';
import { demoWindow, GOOD } from '../unit/judge/demo-plan.js';
import { seeded, step } from '../unit/judge/world.js';
import { examplePlan } from './example.js';
import { atMost, type Benchmark, median, type Row, type Size } from './row.js';

const SHARE = 0.5;
const WINDOW_MS = 2_000;
/** Ten minutes of the example's windows. */
const WINDOWS = 300;
const SEED = 1;
/** What a heartbeat may carry. */
const STATE_LIMIT_KB = 32;

export const judging: Benchmark = { name: 'judge', title: 'The judge', limitMs: 40_000, run: measure };

async function measure({ quick }: Size): Promise<Row[]> {
  const plan = examplePlan();
  const judge = makeJudge(plan);
  const windows = traffic();
  const opened = (): JudgeState => {
    const state = judge.create();
    const general = plan.stages.at(-1);
    judge.openStep(state, step({ stage: 'general', share: SHARE, gates: general?.gates ?? [], mode: 'bake' }));
    return state;
  };
  const pass = (): number => {
    const state = opened();
    return timed(() => windows.forEach((window) => judge.update(state, window)));
  };
  repeated(3, pass);
  const updates = repeated(quick ? 3 : 21, pass);
  const full = opened();
  for (const window of windows) judge.update(full, window);
  const looks = repeated(quick ? 20 : 500, () => timed(() => judge.explain(full)));
  const method =
    `Example plan, general at ${SHARE * 100} %: five gates over four metrics, one of them with two slices; ${WINDOWS} simulated windows of a healthy candidate per metric (seed ${SEED}), shown` +
    ' to a fresh judge after a warm-up; medians over passes and over looks at the full state. One thread.';
  const limits =
    'reading windows from a source or the store; more slices; the correctness of verdicts, which tests answer for.';
  const row = { target: null, method, limits };
  return [
    { what: 'windows taken in', measured: windows.length / (median(updates) / 1_000), unit: 'per s', ...row },
    { what: 'one look (explain)', measured: median(looks) * 1_000, unit: 'µs', ...row },
    {
      what: 'state after all windows',
      ...row,
      target: atMost(STATE_LIMIT_KB),
      measured: JSON.stringify(full).length / 1_000,
      unit: 'kB',
    },
  ];
}

function traffic(): Window[] {
  const random = seeded(SEED);
  return Array.from({ length: WINDOWS }, (_, index) =>
    Object.entries(demoWindow(random, SHARE, GOOD)).map(
      ([metric, observation]): Window => ({
        version: 1,
        metric,
        index,
        startMs: index * WINDOW_MS,
        endMs: (index + 1) * WINDOW_MS,
        phase: 'bake',
        share: SHARE,
        observation,
      }),
    ),
  ).flat();
}

function repeated(times: number, once: () => number): number[] {
  return Array.from({ length: times }, once);
}

/** Milliseconds. */
function timed(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
