/** One step of a stage: who decides, the raise, the bake. Sandbox-safe. */
import { ActivityFailure, ApplicationFailure, uuid4 } from '@temporalio/workflow';
import type { RaiseInput } from './contract/activities.js';
import type { Digest, StageSpec } from './contract/plan.js';
import type { Request } from './contract/view.js';
import { addHold } from './holds.js';
import { exported, note } from './journal.js';
import { type Live, put, tell, throwIfLowering } from './live.js';
import { lower } from './lowering.js';
import { advanced, blindTooLong, confirmed, raised, raising, requested, rewritten, stageOpened } from './progress.js';
import { awaitedRoles, expiryMs, isHeld, mayRaise } from './state.js';
import { interruptible, watch } from './watching.js';

/** Waits until this step may begin: quorum where the stage asks for one, no hold, no standing condition. */
export async function decide(live: Live, stage: StageSpec): Promise<void> {
  if (live.state.phase !== 'decide') return;
  const opening = live.state.stepIndex === 0;
  if (opening && !stage.approval) await openStage(live, stage);
  while (!mayRaise(live.state, live.plan, Date.now())) {
    if (opening && stage.approval && !live.state.request && !isHeld(live.state)) {
      openRequest(live, stage, await openStage(live, stage));
    }
    const asked = live.state.request?.requestId;
    const held = isHeld(live.state);
    const woken = await watch(live, {
      mode: 'guard',
      deadlineMs: null,
      until: () =>
        mayRaise(live.state, live.plan, Date.now()) ||
        live.state.request?.requestId !== asked ||
        isHeld(live.state) !== held,
      timerMs: held || !live.state.request ? null : untilNextNotice(live, stage),
    });
    if (woken === 'timer') noticeTime(live, stage);
    throwIfLowering(live);
    await putBack(live, stage);
  }
  const begun = raising(live.state, live.plan, Date.now());
  if (begun) put(live, begun);
}

/** Freezes what is known at this point: the digest is what approvers sign for. */
async function openStage(live: Live, stage: StageSpec): Promise<Digest> {
  put(live, stageOpened(live.state, stage, Date.now()));
  const { tenant, model, rolloutId, attempt, verdict, journal } = live.state;
  const order = { tenant, model, rolloutId, stage: stage.name, attempt, verdict, journal, notify: live.plan.notify };
  const frozen = await interruptible(live, () =>
    live.calls.freezeEvidence.executeWithOptions({ summary: `freezing the evidence before ${stage.name}` }, [order]),
  );
  put(live, exported(live.state, frozen.exportedSeq));
  return frozen.evidence;
}

function openRequest(live: Live, stage: StageSpec, evidence: Digest): void {
  const { state } = live;
  const { admission } = state;
  if (!admission || !stage.approval) return;
  const { plan, policy, candidate, baseline } = admission.digests;
  const request: Request = {
    requestId: uuid4(),
    tenant: state.tenant,
    rolloutId: state.rolloutId,
    runId: state.runId,
    stage: stage.name,
    attempt: state.attempt,
    steps: stage.steps,
    digests: { plan, policy, candidate, baseline, evidence },
    exposureCap: stage.steps[stage.steps.length - 1] ?? { share: 0, cohorts: [] },
    rules: stage.approval.rules,
    excluded: stage.approval.exclude.includes('initiator') ? [state.startedBy] : [],
    openedAtMs: Date.now(),
    expiresAtMs: Date.now() + stage.approval.timeoutMs,
    challenge: uuid4(),
    journalSeq: state.seq,
  };
  put(live, requested(state, request, Date.now()));
  tell(live, 'approvalRequested', false, `Stage ${stage.name} awaits ${awaitedRoles(live.state).join(', ')}.`);
}

function untilNextNotice(live: Live, stage: StageSpec): number {
  const { request } = live.state;
  if (!request || !stage.approval) return 0;
  const left = expiryMs(live.state, request, Date.now()) - Date.now();
  return Math.max(1, Math.min(left, stage.approval.remindEveryMs));
}

function noticeTime(live: Live, stage: StageSpec): void {
  const { request } = live.state;
  if (!request || !stage.approval || isHeld(live.state)) return;
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

/** Writes and verifies the step's exposure. A store that holds something else is a question for people, not a fight. */
export async function raise(live: Live, stage: StageSpec): Promise<void> {
  while (live.state.phase === 'raise') {
    try {
      const done = await interruptible(live, () =>
        live.calls.raiseExposure.executeWithOptions(
          { summary: `raising ${stage.name} step ${live.state.stepIndex + 1}` },
          [raiseOrder(live, stage)],
        ),
      );
      put(live, raised(live.state, live.plan, done, Date.now()));
      tell(live, 'raised', false, `${stage.name} step ${live.state.stepIndex + 1} is in force.`);
    } catch (error) {
      await refusedByStore(live, error);
    }
    throwIfLowering(live);
  }
}

/** Revision and write id come from here, never from the store: a stalled attempt that wakes late must be refused. */
function raiseOrder(live: Live, stage: StageSpec): RaiseInput {
  const { tenant, model, rolloutId, admission, stepIndex, revision, asked, writes } = live.state;
  if (!admission) throw ApplicationFailure.nonRetryable('nothing is raised before admission', 'bug');
  return {
    tenant,
    model,
    rolloutId,
    stage: stage.name,
    step: stepIndex,
    target: admission.target,
    exposure: asked,
    expectedRevision: revision,
    leaseForMs: live.plan.lease.forMs,
    onSilence: live.plan.lease.onSilence,
    writeId: `${rolloutId}/${writes}`,
  };
}

async function refusedByStore(live: Live, error: unknown): Promise<void> {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (!(cause instanceof ApplicationFailure)) throw error;
  if (cause.type === 'leaseLapsed') {
    put(live, lower(live.state, Date.now(), { cause: 'leaseLapsed', by: null, reason: cause.message }));
    return;
  }
  if (cause.type !== 'exposureConflict') throw error;
  const found = cause.details?.[0];
  const reason = `${cause.message} Resume writes the approved exposure over it; rollback gives it up.`;
  put(live, addHold(live.state, Date.now(), { class: 'operator', owner: 'store', cause: 'edited', reason }));
  tell(live, 'held', true, reason);
  while (isHeld(live.state)) {
    await watch(live, { mode: 'guard', deadlineMs: null, until: () => !isHeld(live.state), timerMs: null });
  }
  const revision = typeof found === 'number' ? found : live.state.revision;
  const begun = raising({ ...live.state, revision }, live.plan, Date.now());
  if (begun) put(live, begun);
}

/** Until the judge says pass and nothing holds. Only a pass leads on; time alone never does. */
export async function bakeStep(live: Live, stage: StageSpec): Promise<void> {
  while (live.state.phase === 'bake' && !(live.state.bake?.passed === true && !isHeld(live.state))) {
    const { bake, conditions } = live.state;
    if (!bake) return;
    const held = isHeld(live.state);
    const idle = held && (bake.parked || live.state.holds.some((hold) => hold.cause === 'timeout'));
    const woken = await watch(live, {
      mode: idle ? 'guard' : 'bake',
      deadlineMs: idle ? null : bake.deadlineMs,
      until: () => live.state.bake?.epoch !== bake.epoch || (held && !isHeld(live.state)),
      timerMs: conditions.blind.length > 0 ? blindLeft(live, stage) : null,
    });
    if (woken === 'timer' && live.state.conditions.blind.length > 0 && stage.bake.onBlind === 'rollback') {
      put(live, blindTooLong(live.state, Date.now()));
    }
    throwIfLowering(live);
    if (isHeld(live.state) && !held) sayHeld(live, stage);
    await putBack(live, stage);
  }
  if (live.state.phase === 'bake') put(live, advanced(live.state, live.plan));
}

/** Everybody hears of a hold; who is on call is woken unless it is an undecided bake that the plan says may wait. */
function sayHeld(live: Live, stage: StageSpec): void {
  const hold = live.state.holds.at(-1);
  const mayWait = hold?.cause === 'operator' || (hold?.cause === 'timeout' && stage.bake.onTimeout !== 'escalate');
  tell(live, 'held', !mayWait, hold?.reason ?? 'held');
}

function blindLeft(live: Live, stage: StageSpec): number | null {
  const since = live.state.holds.find((hold) => hold.cause === 'blind')?.sinceMs;
  if (since === undefined || stage.bake.onBlind !== 'rollback') return null;
  return Math.max(1, since + stage.bake.blindDeadlineMs - Date.now());
}

/** Exposure was lowered by hand and somebody resumed: the approved exposure is written again and judged afresh. */
async function putBack(live: Live, stage: StageSpec): Promise<void> {
  if (!live.state.redo || isHeld(live.state)) return;
  const rewriting = rewritten(live.state, live.plan, Date.now());
  put(live, rewriting);
  const done = await interruptible(live, () =>
    live.calls.raiseExposure.executeWithOptions({ summary: `putting ${stage.name} back` }, [raiseOrder(live, stage)]),
  );
  put(live, confirmed(live.state, live.plan, done, Date.now()));
}
