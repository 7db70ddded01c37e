/** From the close of the first window that proves harm to nobody on the candidate (promise 2). */
import { makeJudge } from '../../judge/judge.js';
import { directoryEvidence } from '../../activities/store/directory.js';
import type { Window } from '../../workflows/contract/windows.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { stepKey } from '../../workflows/contract/ids.js';
import { type MiniWorld, inWorld } from '../support/mini-world.js';
import { PROPAGATION_MS, TENANT } from '../support/mini-world/files.js';
import type { WorldRollout } from '../support/mini-world/rollout.js';
import { sharedTemporal } from '../support/temporal.js';
import { atMost, type Benchmark, median, type Row, type Size, worst } from './row.js';

const PROMISE_MS = 2_000;
const STAGE = 'general';
const SHARE = 0.5;
/** A bake that cannot pass before the harm begins. */
const STAGES = `[{ name: ${STAGE}, exposure: { share: [${SHARE * 100}%, 100%] }, bake: { warmup: 1s, min: 60s, max: 3m }, gates: [errors-low] }]`;
const ERROR_RATE = 0.5;

export const wayBack: Benchmark = {
  name: 'way-back',
  title: 'From proof to nobody on the candidate',
  limitMs: 250_000,
  run: measure,
};

/** Milliseconds after the close of the window that proved it, by the judge run again over the evidence. */
interface Run {
  zeroMs: number;
  closedMs: number;
  /** The live verdict stood on the same window. */
  agrees: boolean;
}

async function measure({ quick }: Size): Promise<Row[]> {
  const times = quick ? 2 : 20;
  const { address } = await sharedTemporal();
  const runs: Run[] = [];
  await inWorld(address, async (world) => {
    await world.worker();
    for (let time = 0; time < times; time += 1) runs.push(await harmedRollout(world));
  });
  const zero = runs.map(({ zeroMs }) => zeroMs / 1_000);
  const method =
    `${times} rollouts of one stage at ${SHARE * 100} % in the small world of the fault tests: real flag file, two scraped servers,` +
    ` 400 units a second, one worker process, windows of 1 s. At a random moment of the bake the candidate begins to fail ${ERROR_RATE * 100} % of its` +
    ' units. Afterwards the recorded windows are shown to a fresh judge one by one; its first fail is the start. The end is when' +
    ' the application, which looks at its flag every 50 ms, first evaluates the closed flag; no unit reached the candidate after it.';
  const limits = `how long harm lasts before a window proves it; a crash in between; other stores. Target: 2 s and the ${PROPAGATION_MS} ms this store declares.`;
  const row = { method, limits };
  const seconds = { unit: 's', ...row };
  return [
    { what: 'proof to zero, median', target: null, measured: median(zero), ...seconds },
    {
      what: 'proof to zero, worst',
      target: atMost((PROMISE_MS + PROPAGATION_MS) / 1_000),
      measured: worst(zero),
      ...seconds,
    },
    {
      what: 'runs in which the live verdict stood on the same window',
      target: { kind: 'atLeast', value: times },
      measured: runs.filter(({ agrees }) => agrees).length,
      unit: `of ${times}`,
      ...row,
    },
    {
      what: 'proof to zero observed in traffic, worst',
      target: null,
      measured: worst(runs.map(({ closedMs }) => closedMs / 1_000)),
      ...seconds,
    },
  ];
}

async function harmedRollout(world: MiniWorld): Promise<Run> {
  const { candidate } = world.arms;
  candidate.errorRate = 0;
  const rollout = await world.start({ stages: STAGES });
  const { bakeSinceMs } = await rollout.until('the bake', ({ status }) => status === 'baking');
  // Harm does not wait for a window to begin.
  await new Promise((resolve) => setTimeout(resolve, 1_000 + Math.random() * 1_000));
  candidate.errorRate = ERROR_RATE;
  const { how, lowering } = await rollout.ending();
  if (how !== 'RolledBack' || lowering?.cause !== 'gate')
    throw new Error(`the rollout ended ${how}, ${lowering?.reason}`);
  const provenMs = await firstFail(world, rollout, bakeSinceMs ?? Number.NaN);
  return {
    zeroMs: zeroAt(world, rollout) - provenMs,
    closedMs: (lowering.times.zeroObservedAtMs ?? Number.NaN) - provenMs,
    agrees: lowering.times.detectedAtMs === provenMs,
  };
}

/** The offline judge: fresh, in order, a look after every window. */
async function firstFail({ files }: MiniWorld, { plan, rolloutId }: WorldRollout, sinceMs: number): Promise<number> {
  const evidence = await directoryEvidence(files.evidence).open(TENANT, rolloutId);
  const windows = await evidence.windows(`windows/${stepKey(STAGE, 0, 1)}`, 'errors');
  const judge = makeJudge(plan);
  const state = judge.create();
  judge.openStep(state, stepOf(plan, sinceMs));
  const found = windows.find((window: Window) => {
    judge.update(state, window);
    return judge.explain(state).verdict === 'fail';
  });
  if (!found) throw new Error(`${windows.length} recorded windows of ${rolloutId} prove nothing`);
  return found.endMs;
}

function stepOf(plan: Plan, sinceMs: number) {
  const stage = plan.stages[0];
  if (!stage) throw new Error('the plan has no stage');
  const { minUnits, minMs, warmupMs } = stage.bake;
  const judgedFromMs = sinceMs + warmupMs;
  return {
    stage: STAGE,
    step: 0,
    share: SHARE,
    randomised: true,
    gates: stage.gates,
    minUnits,
    minMs,
    judgedFromMs,
    mode: 'bake' as const,
  };
}

/** By what the application evaluated, not by what was written. */
function zeroAt({ application }: MiniWorld, { rolloutId }: WorldRollout): number {
  const closed = application.shown.find(({ closedFor }) => closedFor === rolloutId);
  if (!closed) throw new Error(`the application never saw the flag closed for ${rolloutId}`);
  const last = application.lastCandidateMs() ?? 0;
  if (last >= closed.atMs)
    throw new Error(`a unit reached the candidate ${last - closed.atMs} ms after the flag was closed`);
  return closed.atMs;
}
