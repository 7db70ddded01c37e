/** The door's local activity: is a signed decision valid for the request that is open, by the policy this worker holds? */
import { checkDecision as check } from '../approvals/decision-check.js';
import type { DoorActivities } from '../workflows/contract/activities.js';
import type { ActivityDeps } from './deps.js';

/** Throws nothing that a message could cause: whatever arrives is valid or refused with its code. */
export function checkDecision({ policy }: Pick<ActivityDeps, 'policy'>): DoorActivities['checkDecision'] {
  return async (input) => check({ input, policy });
}
