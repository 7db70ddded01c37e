/** One step of a stage: who decides, and the bake. Sandbox-safe. */
import { keepChecking, noticeTime, openRequest, openStage, untilNextNotice } from './asking.js';
import type { StageSpec } from './contract/plan.js';
import { lapseMs, liftLapsed } from './holds.js';
import { type Live, put, tell, throwIfLowering } from './live.js';
import { blindTooLong } from './observing.js';
import { advanced, raising, remeasured } from './progress.js';
import { putBack } from './raising.js';
import { hasAged, mayRaise } from './allowed.js';
import { isHeld } from './state.js';
import { watch } from './watching.js';

/** Waits until this step may begin: quorum where the stage asks for one, no hold, no standing condition. */
export async function decide(live: Live, stage: StageSpec): Promise<void> {
  if (live.state.phase !== 'decide') return;
  const opening = live.state.stepIndex === 0;
  if (opening && !stage.approval) await openStage(live, stage);
  while (!mayRaise(live.state, live.plan, Date.now())) {
    if (hasAged(live.state, Date.now())) {
      const anew = remeasured(live.state, live.plan, Date.now());
      put(live, anew);
      if (anew.phase === 'bake') return;
    }
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
      beside: () => keepChecking(live),
      timerMs: held || !live.state.request ? lapseMs(live.state, Date.now()) : untilNextNotice(live, stage),
    });
    if (woken === 'timer') {
      put(live, liftLapsed(live.state, Date.now()));
      noticeTime(live, stage);
    }
    throwIfLowering(live);
    await putBack(live, stage);
  }
  const begun = raising(live.state, live.plan, Date.now());
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
