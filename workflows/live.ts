/**
 * The running rollout: its plan, its state and what people see of it. Every change of state goes through `put`, which
 * keeps search attributes and current details in step. Sandbox-safe.
 */
import { ApplicationFailure, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Calls } from './calls.js';
import type { Plan } from './contract/plan.js';
import { searchKeys } from './contract/search.js';
import type { RolloutInput } from './contract/start.js';
import { currentDetails } from './details.js';
import { note } from './journal.js';
import { type State, stageOf } from './state.js';
import { statusOf } from './status.js';

export interface Live {
  readonly calls: Calls;
  readonly input: RolloutInput;
  readonly plan: Plan;
  state: State;
  shown: { stage: string; status: string };
}

export function put(live: Live, next: State): void {
  live.state = next;
  show(live);
}

/** Search attributes cost an event, so they are written on a change only. */
function show(live: Live): void {
  const stage = stageOf(live.state, live.plan)?.name ?? 'after';
  const status = statusOf(live.state);
  setCurrentDetails(currentDetails(live.state, live.plan, Date.now()));
  if (stage === live.shown.stage && status === live.shown.status) return;
  live.shown = { stage, status };
  upsertSearchAttributes([
    { key: searchKeys.stage, value: stage },
    { key: searchKeys.status, value: status },
  ]);
}

export function throwIfLowering(live: Live): void {
  if (live.state.lowering) throw lowering();
}

/** Caught by the story alone; should it ever leak, the workflow fails instead of wedging. */
export function lowering(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('exposure must go down', 'Lowered');
}

/** Well before the server stops taking signals at 10,000 a run. */
const MESSAGES_PER_RUN = 1_000;

export function shouldContinue(live: Live): boolean {
  return live.state.messages >= MESSAGES_PER_RUN || workflowInfo().continueAsNewSuggested;
}

/** Tells people; neither blocks nor passes anything, and its failure is a line in the journal. */
export function tell(live: Live, type: string, urgent: boolean, sentence: string): void {
  const { tenant, model, rolloutId, seq } = live.state;
  if (live.plan.notify.length === 0) return;
  if (urgent) put(live, note(live.state, Date.now(), 'paged', { type, sentence }));
  const event = { tenant, model, rolloutId, eventId: `${rolloutId}-${seq}`, type, urgent, sentence };
  live.calls.announce
    .executeWithOptions({ summary: `telling: ${type}` }, [{ ...event, notify: live.plan.notify }])
    .catch(() => undefined);
}
