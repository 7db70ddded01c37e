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
import { bakeStep, decide, raise } from './stage.js';
import { begin, type State, stageOf } from './state.js';

/** Workflow id `rollout/<tenant>/<model>`; ends Completed, Failed (RolledBack, Refused) or Canceled. */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const live = open(input);
  try {
    await admitRollout(live);
    for (let stage = stageOf(live.state, live.plan); stage; stage = stageOf(live.state, live.plan)) {
      await decide(live, stage);
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
  const state = (input.carried as State | undefined) ?? begin(input, workflowInfo().runId, Date.now());
  const calls = callsOn(queuesBeside(workflowInfo().taskQueue));
  const live: Live = { calls, input, plan: input.plan, state, shown: { stage: '', status: '' } };
  listen(live);
  put(live, live.state);
  return live;
}

/** A start typed by hand into the UI ends at once instead of failing its workflow task for ever. */
function checkOrder(input: Partial<RolloutInput> | null | undefined): void {
  const complete = input?.version === 1 && typeof input.rolloutId === 'string' && Array.isArray(input.plan?.stages);
  if (complete) return;
  const message = 'This is no start order; rollouts are started with `sluice start PLAN`.';
  throw ApplicationFailure.create({ type: 'Refused', message, nonRetryable: true });
}
