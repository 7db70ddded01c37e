/** Asking people: the evidence frozen, the request opened, answers checked, silence noticed. Sandbox-safe. */
import { ActivityFailure, condition, isCancellation, uuid4 } from '@temporalio/workflow';
import { type Request, SHOWN_GATES, type ShownGate } from './contract/decisions.js';
import type { Digest, StageSpec } from './contract/plan.js';
import type { StepVerdict } from './contract/verdicts.js';
import { settled, turnedAway } from './deciding.js';
import { addHold } from './holds.js';
import { exported, note } from './journal.js';
import { refuse } from './letters.js';
import { type Live, put, tell } from './live.js';
import { lower } from './lowering.js';
import { requested, stageOpened } from './progress.js';
import { agesMs, awaitedRoles, expiryMs, hasAged } from './allowed.js';
import { isHeld, type State, type Unchecked } from './state.js';
import { interruptible } from './watching.js';

/** Freezes what is known at this point: the digest is what approvers sign for. */
export async function openStage(live: Live, stage: StageSpec): Promise<Digest> {
  put(live, stageOpened(live.state, stage, Date.now()));
  const { tenant, model, rolloutId, attempt, verdict, journal } = live.state;
  const order = { tenant, model, rolloutId, stage: stage.name, attempt, verdict, journal, notify: live.plan.notify };
  const frozen = await interruptible(live, () =>
    live.calls.freezeEvidence.executeWithOptions({ summary: `freezing the evidence before ${stage.name}` }, [order]),
  );
  put(live, exported(live.state, frozen.exportedSeq));
  return frozen.evidence;
}

export function openRequest(live: Live, stage: StageSpec, evidence: Digest): void {
  const request = requestFor(live.state, stage, evidence, Date.now());
  if (!request) return;
  put(live, requested(live.state, request, Date.now()));
  tell(live, 'approvalRequested', false, `Stage ${stage.name} awaits ${awaitedRoles(live.state).join(', ')}.`);
}

function requestFor(state: State, stage: StageSpec, evidence: Digest, nowMs: number): Request | null {
  const { admission } = state;
  if (!admission || !stage.approval) return null;
  const { plan, policy, candidate, baseline } = admission.digests;
  return {
    version: 1,
    requestId: uuid4(),
    tenant: state.tenant,
    model: state.model,
    rolloutId: state.rolloutId,
    firstRunId: state.firstRunId,
    runId: state.runId,
    stage: stage.name,
    attempt: state.attempt,
    candidateVersion: admission.candidateVersion,
    baselineVersion: admission.baselineVersion,
    digests: { plan, policy, candidate, baseline, evidence },
    exposureBefore: state.asked,
    steps: stage.steps,
    exposureCap: stage.steps[stage.steps.length - 1] ?? { share: 0, cohorts: [] },
    rules: stage.approval.rules,
    excluded: stage.approval.exclude.includes('initiator') ? [state.startedBy] : [],
    shown: shownOf(state.verdict),
    openedAtMs: nowMs,
    expiresAtMs: nowMs + stage.approval.timeoutMs,
    challenge: uuid4(),
    journalSeq: state.seq,
    journalHead: state.head,
  };
}

/** What has not passed comes first, then the whole before its slices: the list is cut at its end. */
function shownOf(verdict: StepVerdict | null): ShownGate[] {
  const rank = ({ verdict: said, slice }: ShownGate): number => (said === 'pass' ? 2 : 0) + (slice === null ? 0 : 1);
  const gates = (verdict?.gates ?? []).map(
    ({ gate, slice, verdict: said, estimate, lower: from, upper, sentence }) => ({
      gate,
      slice,
      verdict: said,
      estimate,
      lower: from,
      upper,
      sentence,
    }),
  );
  return gates.sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN_GATES);
}

/** Signed answers are checked one by one, in the order they came; nothing rises while one waits. Ends by cancellation. */
export async function keepChecking(live: Live): Promise<never> {
  for (;;) {
    await condition(() => live.state.unchecked.length > 0);
    const next = live.state.unchecked[0];
    if (next) await checkAnswer(live, next);
  }
}

async function checkAnswer(live: Live, waiting: Unchecked): Promise<void> {
  const { request: open, tenant } = live.state;
  if (!open) {
    const left = { ...live.state, unchecked: live.state.unchecked.slice(1) };
    put(live, turnedAway(left, waiting, refuse('gateClosed', 'The request was closed before it came.'), Date.now()));
    return;
  }
  const { statement, signature, verb } = waiting;
  const atMs = Date.now();
  const request = { ...open, expiresAtMs: expiryMs(live.state, open, atMs) };
  try {
    const check = await interruptible(live, () =>
      live.calls.checkDecision({ tenant, verb, request, statement, signature, atMs, risk: live.plan.risk }),
    );
    put(live, settled(live.state, live.plan, waiting, check, Date.now()));
  } catch (error) {
    // Left waiting: whoever watches next has it checked.
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const why = refuse('bug', 'The signature could not be checked here; send the decision again.');
    put(live, turnedAway({ ...live.state, unchecked: live.state.unchecked.slice(1) }, waiting, why, Date.now()));
  }
}

export function untilNextNotice(live: Live, stage: StageSpec): number {
  const { request } = live.state;
  if (!request || !stage.approval) return 0;
  const left = expiryMs(live.state, request, Date.now()) - Date.now();
  const ageMs = agesMs(live.state) ?? Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(left, stage.approval.remindEveryMs, ageMs - Date.now()));
}

export function noticeTime(live: Live, stage: StageSpec): void {
  const { request } = live.state;
  if (!request || !stage.approval || isHeld(live.state) || hasAged(live.state, Date.now())) return;
  const awaited = awaitedRoles(live.state).join(', ');
  if (Date.now() < expiryMs(live.state, request, Date.now())) {
    tell(live, 'approvalReminder', false, `Stage ${stage.name} still awaits ${awaited}.`);
    return;
  }
  const reason = `Nobody decided on stage ${stage.name} in time; ${awaited} were awaited.`;
  tell(live, 'approvalExpired', true, reason);
  const closed = note({ ...live.state, request: null }, Date.now(), 'requestClosed', { why: 'expired' });
  if (stage.approval.onTimeout === 'rollback') {
    put(live, lower(closed, Date.now(), { cause: 'approvalTimeout', by: null, reason }));
    return;
  }
  const cause = stage.approval.onTimeout === 'reject' ? 'rejected' : 'approvalTimeout';
  put(
    live,
    addHold(closed, Date.now(), {
      class: 'policy',
      owner: 'policy',
      cause,
      reason: `${reason} Resume opens the next request.`,
    }),
  );
}
