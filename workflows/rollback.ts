/**
 * The way back: absolute, idempotent, shielded from cancellation, on a task queue of its own, without end until zero
 * is in force and observed. Exposure first, then everything else. Sandbox-safe.
 */
import { ApplicationFailure, CancellationScope, CancelledFailure, isCancellation, sleep } from '@temporalio/workflow';
import { type Compensation, compensations } from './compensation.js';
import type { RolledBackDetails } from './contract/start.js';
import type { Lowering } from './contract/view.js';
import { record } from './ending.js';
import { note } from './journal.js';
import { type Live, put, tell } from './live.js';
import { lower } from './lowering.js';

/** From here on people are told that the way back is stuck. */
const INCOMPLETE_AFTER_MS = 60_000;
/** How long traffic may take to prove zero before the configuration has to do. */
const CONFIRM_WINDOWS = 2;

/** Ends the rollout whatever broke it; never returns. A refusal before anything was touched stays a refusal. */
export async function goBack(live: Live, error: unknown): Promise<never> {
  return CancellationScope.nonCancellable(async () => {
    if (error instanceof ApplicationFailure && error.type === 'Refused' && !live.state.touched) {
      await record(live, 'refused', error.message);
      throw error;
    }
    put(live, lower(live.state, Date.now(), cause(error)));
    for (const step of compensations(live.state)) await undo(live, step);
    throw await end(live, error);
  });
}

function cause(error: unknown): Pick<Lowering, 'cause' | 'by' | 'reason'> {
  if (isCancellation(error)) return { cause: 'cancel', by: null, reason: 'The rollout was cancelled.' };
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = inner instanceof Error ? inner.message : 'unknown failure';
  return { cause: 'failure', by: null, reason: `A step failed for good: ${reason}` };
}

async function undo(live: Live, step: Compensation): Promise<void> {
  if (step === 'exposure') await restoreExposure(live);
  else await moveAliasBack(live);
}

async function restoreExposure(live: Live): Promise<void> {
  const { tenant, model, rolloutId, admission, lowering } = live.state;
  if (!admission || !lowering) return;
  const { target } = admission;
  const ref = { tenant, model, rolloutId };
  const order = { ref, target, writeId: `${rolloutId}/rollback`, reason: lowering.reason };
  const restoring = live.calls.restoreBaseline.executeWithOptions({ summary: 'everyone back on the baseline' }, [
    order,
  ]);
  const alarm = new CancellationScope();
  alarm
    .run(() => sleep(INCOMPLETE_AFTER_MS, { summary: 'rollback should be done' }).then(() => sayIncomplete(live)))
    .catch(() => undefined);
  const restored = await restoring;
  alarm.cancel();
  const asked = { share: 0, cohorts: [] };
  const safe = {
    ...live.state,
    status: 'rollingBack' as const,
    asked,
    revision: restored.state.revision,
    lowering: timed(live, { safeAtMs: restored.safeAtMs }),
  };
  put(
    live,
    note(safe, Date.now(), 'restored', {
      revision: restored.state.revision,
      safeAtMs: restored.safeAtMs,
      servedBefore: restored.before?.share ?? null,
    }),
  );
  const zero = await live.calls.confirmZero.executeWithOptions({ summary: 'observing zero' }, [
    {
      ...ref,
      target,
      planDigest: live.state.planDigest,
      sinceMs: restored.safeAtMs,
      deadlineMs: confirmBy(live, restored.safeAtMs),
    },
  ]);
  const observed = { share: zero.how === 'traffic' ? 0 : null, how: zero.how };
  const seen = { ...live.state, observed, lowering: timed(live, { zeroObservedAtMs: zero.atMs }) };
  put(live, note(seen, Date.now(), 'zeroObserved', { how: zero.how, atMs: zero.atMs, sentence: zero.sentence }));
}

function timed(live: Live, times: Partial<Lowering['times']>): Lowering | null {
  const { lowering } = live.state;
  return lowering && { ...lowering, times: { ...lowering.times, ...times } };
}

function confirmBy(live: Live, safeAtMs: number): number {
  const longest = Math.max(0, ...Object.values(live.plan.sources).map((source) => source.windowMs + source.settleMs));
  return safeAtMs + (live.state.admission?.propagationMs ?? 0) + CONFIRM_WINDOWS * longest + 5_000;
}

function sayIncomplete(live: Live): void {
  const reason =
    'The exposure store could not be brought to zero for a minute; the rollout keeps trying, the lease lapses meanwhile.';
  put(live, note({ ...live.state, status: 'rollbackIncomplete' }, Date.now(), 'rollbackIncomplete', { reason }));
  tell(live, 'rollbackIncomplete', true, reason);
}

async function moveAliasBack(live: Live): Promise<void> {
  const { tenant, model, rolloutId, admission } = live.state;
  if (!admission) return;
  const { candidateVersion: from, baselineVersion: to, alias } = admission;
  const moved = await live.calls.restoreAlias.executeWithOptions({ summary: `alias ${alias} back to ${to}` }, [
    { tenant, model, rolloutId, registry: live.plan.candidate.registry, alias, from, to },
  ]);
  put(
    live,
    note(live.state, Date.now(), 'compensated', { step: 'alias', moved: moved.moved, sentence: moved.sentence }),
  );
}

async function end(live: Live, error: unknown): Promise<Error> {
  const { lowering, rolloutId } = live.state;
  const reason = lowering?.reason ?? 'unknown';
  if (lowering?.cause === 'cancel') {
    await record(live, 'cancelled', `Cancelled; everyone is on the baseline. ${reason}`);
    return error instanceof Error ? error : new CancelledFailure(reason);
  }
  await record(live, 'rolledBack', reason);
  const details: RolledBackDetails[] = lowering ? [{ version: 1, rolloutId, lowering }] : [];
  return ApplicationFailure.create({ type: 'RolledBack', message: reason, nonRetryable: true, details });
}
