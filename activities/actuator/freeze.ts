/** Nothing is raised while a freeze window is open, whatever was approved. */
import { frozenAt } from '../../approvals/freeze.js';
import type { ActivityDeps } from '../deps.js';
import { failure } from '../failures.js';

/** By the newest policy and this worker's clock. Throws frozen, with the end of the window where it is known. */
export function checkFreeze(deps: ActivityDeps, tenant: string): void {
  const frozen = frozenAt(deps.policy, tenant, deps.now());
  if (!frozen) return;
  const { name, reason, untilMs } = frozen;
  const until = untilMs === null ? '' : ` until ${new Date(untilMs).toISOString()}`;
  throw failure('frozen', `Freeze ${name} holds${until}: ${reason}`, untilMs === null ? [] : [untilMs]);
}
