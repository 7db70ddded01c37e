/** Admission: everything that must be true before anybody sees the candidate, in one activity. Sandbox-safe. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { Signed } from './contract/decisions.js';
import type { Json } from './contract/journal.js';
import { note } from './journal.js';
import { type Live, put, throwIfLowering } from './live.js';
import { admitted } from './progress.js';
import { interruptible } from './watching.js';

export async function admitRollout(live: Live): Promise<void> {
  if (live.state.phase !== 'admit') return;
  const { plan, statedPolicyDigest, order, breakGlass } = live.input;
  put(
    live,
    note(
      live.state,
      Date.now(),
      'started',
      {
        rolloutId: live.state.rolloutId,
        plan: live.state.planDigest,
        order: signedJson(order),
        breakGlass: (breakGlass ?? []).map(signedJson),
      },
      live.state.startedBy,
    ),
  );
  const { tenant, model, rolloutId, planDigest, startedBy: by } = live.state;
  try {
    const admission = await interruptible(live, () =>
      live.calls.admit.executeWithOptions({ summary: 'checking both arms, the flag, the way back' }, [
        {
          tenant,
          model,
          rolloutId,
          plan,
          planDigest,
          by,
          statedPolicyDigest,
          order: order ?? null,
          breakGlass: breakGlass ?? [],
        },
      ]),
    );
    put(live, admitted(live.state, admission, Date.now()));
  } catch (error) {
    if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) throw error;
    throw refusal(error.cause);
  }
  throwIfLowering(live);
}

/** The journal keeps what was signed, letter by letter. */
function signedJson(signed: Signed | undefined): Json {
  return signed ? { statement: signed.statement, signature: signed.signature } : null;
}

/** The reason of the refusal is the failure's own; nothing was touched. */
function refusal(cause: ApplicationFailure): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'Refused',
    message: cause.message,
    nonRetryable: true,
    details: [{ version: 1, code: cause.type ?? 'bug' }],
  });
}
