/**
 * The rollout, top to bottom (DESIGN section 4). Everything here replays: no ambient time or randomness but what the
 * sandbox provides, nothing thrown but ApplicationFailure and cancellation.
 */
import { ApplicationFailure, ContinueAsNew, workflowInfo } from '@temporalio/workflow';
import { callsOn } from './calls.js';
import { queuesBeside } from './contract/ids.js';
import { after, close, promoteCandidate, settleHoldBack } from './ending.js';
import type { RolloutInput, RolloutResult } from './contract/start.js';
import { admitRollout } from './entry.js';
import { listen } from './handlers.js';
import { type Live, put } from './live.js';
import { goBack } from './rollback.js';
import { raise } from './raising.js';
import { bakeStep, decide } from './stage.js';
import { begin, type State, stageOf } from './state.js';

/** Workflow id `rollout/<tenant>/<model>`; ends Completed, Failed (RolledBack, Refused) or Canceled. */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const live = open(input);
  try {
    await admitRollout(live);
    for (let stage = stageOf(live.state, live.plan); stage; stage = stageOf(live.state, live.plan)) {
      await decide(live, stage);
      // Its evidence had aged: the stage before is baked anew.
      if (stageOf(live.state, live.plan) !== stage) continue;
      await raise(live, stage);
      await bakeStep(live, stage);
    }
    await promoteCandidate(live);
    await after(live);
    await settleHoldBack(live);
  } catch (error) {
    // A hand-over to the next run looks like a failure; taking it for one would roll back a healthy rollout.
    if (error instanceof ContinueAsNew) throw error;
    return await goBack(live, error);
  }
  return close(live);
}

function open(input: RolloutInput): Live {
  checkOrder(input);
  const state = begun(input);
  const calls = callsOn(queuesBeside(workflowInfo().taskQueue));
  const live: Live = { calls, input, plan: input.plan, state, shown: { stage: '', status: '' } };
  listen(live);
  put(live, live.state);
  return live;
}

/** What a continue-as-new carried wins; fields it did not know of yet begin as in a new rollout. */
function begun(input: RolloutInput): State {
  const { runId, firstExecutionRunId, continuedFromExecutionRunId } = workflowInfo();
  const fresh = begin(input, runId, firstExecutionRunId, Date.now());
  const carried = continuedFromExecutionRunId === undefined ? undefined : (input.carried as State | undefined);
  return { ...fresh, ...carried };
}

/** A start typed by hand into the UI ends at once instead of failing its workflow task for ever. */
function checkOrder(input: Partial<RolloutInput> | null | undefined): void {
  const complete = input?.version === 1 && typeof input.rolloutId === 'string' && Array.isArray(input.plan?.stages);
  if (complete) return;
  const message = 'This is no start order; rollouts are started with `sluice start PLAN`.';
  throw ApplicationFailure.create({ type: 'Refused', message, nonRetryable: true });
}
