/** Promotion, the guarded time after it, and the end. Sandbox-safe. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { PromoteInput } from './contract/activities.js';
import type { RolloutResult } from './contract/start.js';
import { addHold, lapseMs, liftLapsed } from './holds.js';
import { exported, note } from './journal.js';
import { type Live, put, tell, throwIfLowering } from './live.js';
import { isObjection, objectionHold } from './raising.js';
import { mayPromote } from './allowed.js';
import { isHeld } from './state.js';
import { interruptible, watch } from './watching.js';

/** The candidate becomes the baseline: registry alias, then the flag's default; the lease ends. */
export async function promoteCandidate(live: Live): Promise<void> {
  if (live.state.promotedAtMs !== null) return;
  while (live.state.promotedAtMs === null) {
    await untilFree(live);
    put(live, { ...live.state, phase: 'promote', aliasMoved: true, writes: live.state.writes + 1 });
    try {
      const done = await interruptible(live, () =>
        live.calls.promote.executeWithOptions({ summary: 'promoting' }, [promoteOrder(live)]),
      );
      const nowMs = Date.now();
      const afterUntilMs = live.plan.after ? nowMs + live.plan.after.forMs : null;
      const next = { ...live.state, promotedAtMs: nowMs, afterUntilMs, revision: done.state.revision };
      put(live, note(next, nowMs, 'promoted', { version: live.plan.candidate.version, revision: done.state.revision }));
      tell(live, 'promoted', false, `${live.plan.candidate.version} is the baseline of ${live.plan.model} now.`);
    } catch (error) {
      conflict(live, error);
    }
  }
}

function promoteOrder(live: Live): PromoteInput {
  const { tenant, model, rolloutId, admission, revision, writes, mandate } = live.state;
  if (!admission) throw ApplicationFailure.nonRetryable('nothing is promoted before admission', 'bug');
  const { baselineVersion, candidateVersion, digests, target, alias } = admission;
  return {
    tenant,
    model,
    rolloutId,
    target,
    alias,
    registry: live.plan.candidate.registry,
    from: { version: baselineVersion, digest: digests.baseline },
    to: { version: candidateVersion, digest: digests.candidate },
    holdBack: live.plan.after?.holdBack ?? 0,
    expectedRevision: revision,
    writeId: `${rolloutId}/${writes}`,
    mandate,
    atMs: Date.now(),
  };
}

/** Whatever holds the rollout holds the promotion too; guards go on. */
async function untilFree(live: Live): Promise<void> {
  while (!mayPromote(live.state, live.plan)) {
    await watch(live, {
      mode: 'guard',
      deadlineMs: null,
      until: () => mayPromote(live.state, live.plan),
      timerMs: lapseMs(live.state, Date.now()),
    });
    put(live, liftLapsed(live.state, Date.now()));
  }
}

function conflict(live: Live, error: unknown): void {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (!(cause instanceof ApplicationFailure)) throw error;
  if (isObjection(cause.type)) {
    const nowMs = Date.now();
    put(live, addHold(live.state, nowMs, objectionHold(cause.type, cause.message, cause.details?.[0], nowMs)));
    tell(live, 'held', cause.type !== 'frozen', cause.message);
    return;
  }
  if (cause.type !== 'registryConflict' && cause.type !== 'exposureConflict') throw error;
  const reason = `${cause.message} Put it right and resume, or roll back.`;
  const found = cause.details?.[0];
  const revision = cause.type === 'exposureConflict' && typeof found === 'number' ? found : live.state.revision;
  put(
    live,
    addHold({ ...live.state, revision }, Date.now(), {
      class: 'operator',
      owner: 'registry',
      cause: cause.type,
      reason,
    }),
  );
  tell(live, 'held', true, reason);
}

/** Guards against the hold-back for as long as the plan says. A new start ends it with a record. */
export async function after(live: Live): Promise<void> {
  const { afterUntilMs } = live.state;
  if (live.state.phase === 'settle' || afterUntilMs === null) return;
  put(live, { ...live.state, phase: 'after', status: 'after' });
  while (live.state.supersededBy === null) {
    const held = isHeld(live.state);
    const woken = await watch(live, {
      mode: 'after',
      deadlineMs: held ? null : afterUntilMs,
      until: () => live.state.supersededBy !== null || isHeld(live.state) !== held,
      timerMs: null,
    });
    throwIfLowering(live);
    if (woken === 'timeout' && !isHeld(live.state)) return;
    await putBack(live);
  }
  put(live, note(live.state, Date.now(), 'finished', { supersededBy: live.state.supersededBy }));
}

/** Ends the hold-back: the flag is clean and everyone is on the new baseline. */
export async function settleHoldBack(live: Live): Promise<void> {
  put(live, { ...live.state, phase: 'settle' });
  if ((live.plan.after?.holdBack ?? 0) > 0) await writePromoted(live, 0, 'ending the hold-back');
}

/** The promoted state was edited by hand and somebody resumed. */
async function putBack(live: Live): Promise<void> {
  if (!live.state.redo || isHeld(live.state)) return;
  put(live, { ...live.state, redo: false });
  await writePromoted(live, live.plan.after?.holdBack ?? 0, 'putting the promoted state back');
}

async function writePromoted(live: Live, holdBack: number, summary: string): Promise<void> {
  put(live, { ...live.state, writes: live.state.writes + 1 });
  const { tenant, model, rolloutId, admission, revision: expectedRevision, writes } = live.state;
  if (!admission) return;
  const writeId = `${rolloutId}/${writes}`;
  const order = { tenant, model, rolloutId, target: admission.target, holdBack, expectedRevision, writeId };
  const done = await interruptible(live, () => live.calls.settle.executeWithOptions({ summary }, [order]));
  put(live, { ...live.state, revision: done.state.revision });
}

export async function close(live: Live): Promise<RolloutResult> {
  const { rolloutId, promotedAtMs } = live.state;
  const { candidateVersion } = live.state.admission ?? { candidateVersion: live.plan.candidate.version };
  const sentence = `${candidateVersion} of ${live.plan.model} serves everyone.`;
  await record(live, 'completed', sentence);
  return {
    version: 1,
    rolloutId,
    outcome: 'completed',
    candidateVersion,
    promotedAtMs: promotedAtMs ?? Date.now(),
    sentence,
  };
}

/** Journal out, bundle closed, people told. Failing to do so is said, never a reason not to end. */
export async function record(
  live: Live,
  outcome: 'completed' | 'rolledBack' | 'cancelled' | 'refused',
  sentence: string,
): Promise<void> {
  put(live, note({ ...live.state, phase: 'close', status: outcome }, Date.now(), 'ended', { outcome, sentence }));
  const { tenant, model, rolloutId, journal, seq } = live.state;
  try {
    const order = { tenant, model, rolloutId, journal, outcome, sentence, notify: live.plan.notify };
    await live.calls.closeRollout.executeWithOptions({ summary: `recording: ${outcome}` }, [order]);
    put(live, exported(live.state, seq));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    put(live, note(live.state, Date.now(), 'compensated', { recordIncomplete: true, why }));
  }
}
