/** When to look again: at the close of the next window, never past the deadline, never slower than the lease allows. */
import type { Look } from './bake.js';

const SOONEST_MS = 500;
/** After a look that could not take all closed windows. */
const CATCH_UP_MS = 200;

/** Milliseconds until the next look. `behind`: closed windows are waiting already. */
export function nextLook(look: Look, behind: boolean): number {
  const { input, plan, nowMs } = look;
  if (behind) return CATCH_UP_MS;
  const leaseLimit = plan.lease.forMs / 3;
  const wished =
    input.mode === 'bake' ? nextClose(look) : input.mode === 'after' ? (plan.after?.everyMs ?? 0) : plan.guardEveryMs;
  const left = input.deadlineMs === null ? Number.POSITIVE_INFINITY : Math.max(0, input.deadlineMs - nowMs);
  return Math.max(Math.min(SOONEST_MS, left), Math.min(wished, leaseLimit, left), 1);
}

/** Windows are aligned to the epoch; a scrape's run from look to look, which comes to the same pace. */
function nextClose(look: Look): number {
  const { plan, nowMs } = look;
  const waits = Object.values(plan.sources).map(({ kind, windowMs, settleMs }) => {
    if (kind === 'scrape') return windowMs;
    const end = Math.floor((nowMs - settleMs) / windowMs + 1) * windowMs + settleMs;
    return end - nowMs;
  });
  return Math.min(...waits, Number.POSITIVE_INFINITY);
}
