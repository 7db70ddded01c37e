/**
 * One look at a running step; the activity's retries are the polls (DESIGN section 4). An attempt looks at the exposure,
 * closes the due windows into the evidence store, asks the judge, renews the lease, leaves one heartbeat, and returns or
 * throws NotYet. It reads all it needs from the evidence store, so any worker can take the next look.
 */
import { Context } from '@temporalio/activity';
import { makeJudge } from '../../judge/judge.js';
import type { BakeHeartbeat, BakeInput, BakeResult } from '../../workflows/contract/activities.js';
import type { ExposureState } from '../../workflows/contract/exposure.js';
import { stepKey } from '../../workflows/contract/ids.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { StepVerdict } from '../../workflows/contract/verdicts.js';
import { checkCaller } from '../actuator/caller.js';
import { isSameExposure } from '../actuator/next-step.js';
import { pinnedFor, planMismatch } from '../actuator/pinned.js';
import type { ActivityDeps } from '../deps.js';
import { notYet } from '../failures.js';
import type { RolloutEvidence } from '../store/adapter.js';
import { collectDue } from './collect.js';
import { type Changes, findChanges } from './conditions.js';
import { type Finding, lookAtExposure } from './exposure.js';
import { small } from './heartbeat.js';
import { memoryOf } from './memory.js';
import { nextLook } from './pace.js';
import { observedShare } from './share.js';

/** Everything one look works with. */
export interface Look {
  deps: ActivityDeps;
  input: BakeInput;
  plan: Plan;
  evidence: RolloutEvidence;
  nowMs: number;
  signal: AbortSignal;
}

/** Sources get this long, so that an attempt ends well within its five seconds. */
const PATIENCE_MS = 4_000;

/** A look renews the lease, puts edits back and keeps windows, so only the rollout itself may ask: wrongCaller, planMismatch. */
export function bake(deps: ActivityDeps): (input: BakeInput) => Promise<BakeResult> {
  return async (input) => {
    const context = Context.current();
    checkCaller(input);
    const { plan, evidence } = await pinnedFor(deps, input);
    checkPlace(plan, input);
    const signal = AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(PATIENCE_MS)]);
    const look: Look = { deps, input, plan, evidence, nowMs: deps.now(), signal };
    return lookOnce(look, context.info.heartbeatDetails, (memory) => context.heartbeat(memory));
  };
}

/** The place of its windows is what a pass is believed by, so no bake keeps any under the name of another step. */
function checkPlace(plan: Plan, { mode, stage, step, attempt, key, exposure }: BakeInput): void {
  if (mode !== 'bake') return;
  const planned = plan.stages.find(({ name }) => name === stage)?.steps[step];
  if (planned && isSameExposure(planned, exposure) && key === stepKey(stage, step, attempt)) return;
  throw planMismatch(
    `${key} is no bake of stage ${stage} step ${step + 1} at the exposure that the pinned plan has there.`,
  );
}

/** Returns what the workflow must know, or throws NotYet. */
export async function lookOnce(
  look: Look,
  remembered: unknown,
  remember: (memory: BakeHeartbeat) => void,
): Promise<BakeResult> {
  const { deps, input, plan, nowMs } = look;
  const judge = makeJudge(plan);
  const memory = await memoryOf(look, judge, remembered);
  const exposure = await lookAtExposure(look);
  if (exposure.kind === 'over') return ended(exposure, memory.heartbeat);
  const due = await collectDue(look, memory.heartbeat);
  for (const window of due.windows) judge.update(memory.judge, window);
  await deps.reached('bake.collected');
  const verdict = judge.explain(memory.judge);
  const changes = await findChanges(look, {
    exposure,
    verdict,
    silentSinceMs: due.silentSinceMs,
    suspect: memory.heartbeat.suspect,
  });
  const leaseUntilMs = await exposure.renewLease();
  const heartbeat: BakeHeartbeat = {
    ...memory.heartbeat,
    cursor: due.cursor,
    silentSinceMs: due.silentSinceMs,
    suspect: changes.suspect,
    windows: memory.heartbeat.windows + due.windows.length,
    judge: memory.judge,
    verdict,
    conditions: changes.conditions,
    observed: observedShare(plan, due.windows) ?? memory.heartbeat.observed,
    leaseUntilMs,
    atMs: nowMs,
  };
  remember(await small(look, heartbeat));
  const result = conclude(look, verdict, changes, heartbeat, exposure.state);
  if (result) return result;
  throw notYet(sentence(input, verdict, due.failures), nextLook(look, due.behind));
}

function ended(finding: Extract<Finding, { kind: 'over' }>, memory: BakeHeartbeat): BakeResult {
  const { verdict, conditions, observed, windows } = memory;
  return { ...finding.result, verdict, conditions, observed, windows, detectedAtMs: null, state: finding.state };
}

/** Fail wins over everything; then what parks; only then a pass, and time last. */
function conclude(
  look: Look,
  verdict: StepVerdict,
  changes: Changes,
  memory: BakeHeartbeat,
  state: ExposureState,
): BakeResult | null {
  const { input, nowMs } = look;
  const { conditions, observed, windows } = memory;
  const common = { verdict, conditions, observed, windows, state, detectedAtMs: null };
  if (verdict.verdict === 'fail') return { ...common, kind: 'fail', detectedAtMs: closedAt(look.plan, verdict) };
  if (changes.changed) return { ...common, kind: 'conditions' };
  if (input.mode === 'bake' && verdict.verdict === 'pass' && !changes.standing) return { ...common, kind: 'pass' };
  if (input.deadlineMs !== null && nowMs >= input.deadlineMs) return { ...common, kind: 'timeout' };
  return null;
}

/** A window closes when its outcomes have settled, not when it ends. */
function closedAt(plan: Plan, verdict: StepVerdict): number {
  const metric = plan.gates[verdict.decidedBy?.gate ?? '']?.metric ?? '';
  const source = plan.sources[plan.metrics[metric]?.from ?? ''];
  return verdict.sinceMs + (source?.settleMs ?? 0);
}

function sentence(input: BakeInput, verdict: StepVerdict, failures: string[]): string {
  const trouble = failures.length > 0 ? ` ${failures[0]}` : '';
  const doing = input.mode === 'bake' ? 'Not decided yet' : 'Guarding';
  return `${doing}: ${verdict.sentence}${trouble}`.slice(0, 1_000);
}
