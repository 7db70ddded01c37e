/** A workflow that guards and does nothing else: what a cached workflow costs before ours does anything. Sandbox-safe. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { BakeInput, RolloutActivities } from '../../workflows/contract/activities.js';
import { queuesBeside } from '../../workflows/contract/ids.js';
import type { RolloutInput } from '../../workflows/contract/start.js';

/** Registered as the rollout is, so that it is started in the same way. */
export async function rollout({ rolloutId }: RolloutInput): Promise<void> {
  const { activities } = queuesBeside(workflowInfo().taskQueue);
  const { bake } = proxyActivities<Pick<RolloutActivities, 'bake'>>({
    taskQueue: activities,
    startToCloseTimeout: '9s',
  });
  await bake({ rolloutId, mode: 'guard' } as BakeInput);
}
