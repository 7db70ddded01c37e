/** The raise: written and verified by the actuator, which checks for itself and may refuse. Sandbox-safe. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { RaiseInput } from './contract/activities.js';
import type { StageSpec } from './contract/plan.js';
import { addHold } from './holds.js';
import { type Live, put, tell, throwIfLowering } from './live.js';
import { lower } from './lowering.js';
import { confirmed, raised, raising, rewritten, stoodDown } from './progress.js';
import { isHeld } from './state.js';
import { interruptible, watch } from './watching.js';

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
      await refused(live, error);
    }
    throwIfLowering(live);
  }
}

/** Revision and write id come from here, never from the store: a stalled attempt that wakes late must be refused. */
function raiseOrder(live: Live, stage: StageSpec): RaiseInput {
  const { tenant, model, rolloutId, admission, stepIndex, revision, asked, writes, mandate } = live.state;
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
    mandate,
    atMs: Date.now(),
  };
}

async function refused(live: Live, error: unknown): Promise<void> {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  if (!(cause instanceof ApplicationFailure)) throw error;
  switch (cause.type) {
    case 'leaseLapsed':
      put(live, lower(live.state, Date.now(), { cause: 'leaseLapsed', by: null, reason: cause.message }));
      return;
    case 'exposureConflict':
      return askAboutEdit(live, cause);
    default:
      if (!isObjection(cause.type)) throw error;
      return standDown(live, cause.type, cause);
  }
}

async function askAboutEdit(live: Live, cause: ApplicationFailure): Promise<void> {
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

const OBJECTIONS = ['frozen', 'quorumLost', 'notProven', 'notNextStep', 'wrongCaller', 'planMismatch'] as const;
type Objection = (typeof OBJECTIONS)[number];

/** The actuator checked for itself, wrote nothing, and said why. */
export function isObjection(type: string | null | undefined): type is Objection {
  return OBJECTIONS.some((known) => known === type);
}

/** Nothing was written: the rollout is where it was before, and held for the reason the actuator gave. */
function standDown(live: Live, objection: Objection, { message, details }: ApplicationFailure): void {
  const nowMs = Date.now();
  const back = stoodDown(live.state, objection === 'quorumLost', nowMs);
  put(live, addHold(back, nowMs, objectionHold(objection, message, details?.[0], nowMs)));
  tell(live, 'held', objection !== 'frozen', message);
}

/** A freeze whose end is not known is asked about again after so long. */
const ASK_AGAIN_MS = 3_600_000;

/** How the rollout is held when the actuator refuses a raise or a promotion. */
export function objectionHold(
  cause: Objection,
  message: string,
  until: unknown,
  nowMs: number,
): Parameters<typeof addHold>[2] {
  switch (cause) {
    case 'frozen': {
      const untilMs = typeof until === 'number' ? until : nowMs + ASK_AGAIN_MS;
      return { class: 'policy', owner: 'policy', cause, reason: message, untilMs };
    }
    case 'quorumLost':
      return { class: 'policy', owner: 'policy', cause, reason: `${message} Resume opens the next request.` };
    default:
      return { class: 'operator', owner: 'actuator', cause, reason: `${message} Resume tries again; or roll back.` };
  }
}

/** Exposure was lowered by hand and somebody resumed: the approved exposure is written again and judged afresh. */
export async function putBack(live: Live, stage: StageSpec): Promise<void> {
  if (!live.state.redo || isHeld(live.state)) return;
  put(live, rewritten(live.state, live.plan, Date.now()));
  try {
    const done = await interruptible(live, () =>
      live.calls.raiseExposure.executeWithOptions({ summary: `putting ${stage.name} back` }, [raiseOrder(live, stage)]),
    );
    put(live, confirmed(live.state, live.plan, done, Date.now()));
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : null;
    if (!(cause instanceof ApplicationFailure) || !isObjection(cause.type)) throw error;
    const nowMs = Date.now();
    const hold = objectionHold(cause.type, cause.message, cause.details?.[0], nowMs);
    // Still to be put back, once the hold is lifted.
    put(live, addHold({ ...live.state, redo: true }, nowMs, hold));
    tell(live, 'held', cause.type !== 'frozen', cause.message);
  }
}
