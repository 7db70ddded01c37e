/** Who asks for a change of exposure: nobody but the rollout of this very model, as the server itself says. */
import { Context } from '@temporalio/activity';
import type { RolloutRef } from '../../workflows/contract/activities.js';
import { WORKFLOW_TYPE, workflowId } from '../../workflows/contract/ids.js';
import { failure } from '../failures.js';

/** From the activity's own context, which no argument can change; throws wrongCaller (governance 7.5). */
export function checkCaller({ tenant, model }: Pick<RolloutRef, 'tenant' | 'model'>): void {
  const { workflowType, workflowExecution } = Context.current().info;
  const asking = workflowExecution?.workflowId ?? 'no workflow';
  const rightful = workflowId(tenant, model);
  if (workflowType === WORKFLOW_TYPE && asking === rightful) return;
  const who = `${asking} of type ${workflowType ?? 'none'}`;
  throw failure('wrongCaller', `${who} asked to change the exposure of ${rightful}; only that rollout may.`);
}
