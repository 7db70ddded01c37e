/**
 * Waiting with the eyes open: an activity runs while the rollout listens, and whatever must lower exposure ends the wait
 * at once, without waiting for the activity. Sandbox-safe.
 */
import { ApplicationFailure, CancellationScope, condition, continueAsNew, sleep } from '@temporalio/workflow';
import type { BakeInput, BakeMode, BakeResult } from './contract/activities.js';
import type { RolloutInput } from './contract/start.js';
import { note } from './journal.js';
import { type Live, lowering, put, shouldContinue, tell, throwIfLowering } from './live.js';
import { observed } from './observing.js';
import { bakeKey } from './progress.js';
import { exposed } from './state.js';

/**
 * Runs `work` until it is done or exposure must go down; then throws at once. A cancelled attempt may still be running
 * somewhere (its writes are fenced), so nobody waits for it.
 */
export async function interruptible<T>(live: Live, work: () => Promise<T>): Promise<T> {
  throwIfLowering(live);
  const scope = new CancellationScope();
  const working = scope.run(work);
  working.catch(() => undefined);
  // Inside the scope, so that it goes with it: a condition left behind is asked again at every activation.
  const lowered = scope.run(() => condition(() => live.state.lowering !== null));
  lowered.catch(() => undefined);
  try {
    const first = await Promise.race([working.then((value) => ({ value })), lowered.then(() => null)]);
    if (first) return first.value;
  } finally {
    scope.cancel();
  }
  throw lowering();
}

export interface Watch {
  /** `guard` and `after` can only fail; without exposure there is nothing to guard and only `until` and `timer` count. */
  mode: BakeMode;
  deadlineMs: number | null;
  until: () => boolean;
  /** Wakes the caller after so long. */
  timerMs: number | null;
  /** Goes on beside it for as long as the watch lasts: what wakes the watch costs a guard that is started anew. */
  beside?: () => Promise<never>;
}

/** What ended the watch, after the state has taken it in. */
export type Woken = 'until' | 'timer' | BakeResult['kind'];

/** Judges, guards and listens until something changes. Continues as new when messages flood or the server suggests it. */
export async function watch(live: Live, order: Watch): Promise<Woken> {
  throwIfLowering(live);
  const scope = new CancellationScope();
  const ends: Promise<Woken | BakeResult>[] = [];
  await scope.run(async () => {
    ends.push(
      condition(() => live.state.lowering !== null || order.until() || shouldContinue(live)).then(
        () => 'until' as const,
      ),
    );
    if (order.timerMs !== null)
      ends.push(sleep(order.timerMs, { summary: 'reminder or deadline' }).then(() => 'timer' as const));
    if (exposed(live.state))
      ends.push(live.calls.bake.executeWithOptions({ summary: summary(live, order.mode) }, [bakeInput(live, order)]));
    if (order.beside) ends.push(order.beside());
    for (const end of ends) end.catch(() => undefined);
  });
  const woken = await Promise.race(ends);
  scope.cancel();
  if (typeof woken === 'object') take(live, woken);
  throwIfLowering(live);
  if (shouldContinue(live)) await carryOn(live);
  return typeof woken === 'object' ? woken.kind : woken;
}

function take(live: Live, result: BakeResult): void {
  put(live, observed(live.state, live.plan, result, Date.now()));
  if (result.kind !== 'editedUp') return;
  tell(live, 'edited', true, `Exposure was raised by hand (${result.found}); it is back at the approved level.`);
}

function bakeInput(live: Live, order: Watch): BakeInput {
  const { state, plan } = live;
  const { admission } = state;
  if (!admission) throw ApplicationFailure.nonRetryable('nothing is baked before admission', 'bug');
  const { tenant, model, rolloutId, planDigest, stageIndex, stepIndex } = state;
  return {
    tenant,
    model,
    rolloutId,
    planDigest,
    target: admission.target,
    digests: admission.digests,
    mode: order.mode,
    stage: plan.stages[judgedStage(live)]?.name ?? '',
    step: stageIndex === judgedStage(live) ? stepIndex : 0,
    attempt: state.tries,
    key: bakeKey(state, plan),
    exposure: state.asked,
    revision: state.revision,
    sinceMs: state.bake?.sinceMs ?? Date.now(),
    deadlineMs: order.deadlineMs,
    known: state.conditions,
    earlier: state.judged,
    waive: waived(live),
  };
}

/** An emergency start waives its gates up to its cap only. */
function waived({ state }: Live): string[] {
  const emergency = state.admission?.breakGlass ?? null;
  return emergency && state.asked.share <= emergency.cap ? emergency.waive : [];
}

/** A guard between stages looks with the eyes of the stage whose exposure is in force. */
function judgedStage(live: Live): number {
  const { state } = live;
  return state.phase === 'decide' && state.stepIndex === 0
    ? Math.max(0, state.stageIndex - 1)
    : Math.min(state.stageIndex, live.plan.stages.length - 1);
}

function summary(live: Live, mode: BakeMode): string {
  const stage = live.plan.stages[judgedStage(live)]?.name ?? 'after';
  return { bake: `judging ${stage}`, guard: `guarding ${stage}`, after: 'guarding after promotion' }[mode];
}

/** The history ends here and a new run goes on with the same state; open activities are replaced by the new run's. */
async function carryOn(live: Live): Promise<never> {
  const now = note(live.state, Date.now(), 'continued', { messages: live.state.messages });
  const carried = { ...now, messages: 0 };
  const input: RolloutInput = { ...live.input, carried };
  return continueAsNew<(input: RolloutInput) => Promise<unknown>>(input);
}
