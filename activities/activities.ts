/** The activities as the worker registers them: by name, per task queue. */
import type { DoorActivities, RollbackActivities, RolloutActivities } from '../workflows/contract/activities.js';
import { admit } from './admit.js';
import { bake } from './bake/bake.js';
import { checkDecision } from './check-decision.js';
import { confirmZero } from './confirm-zero.js';
import type { ActivityDeps } from './deps.js';
import { promote, settle } from './promote.js';
import { raiseExposure } from './raise.js';
import { announce, closeRollout, freezeEvidence } from './record.js';
import { restoreAlias, restoreBaseline } from './restore.js';

export function rolloutActivities(deps: ActivityDeps): RolloutActivities {
  return {
    admit: admit(deps),
    freezeEvidence: freezeEvidence(deps),
    raiseExposure: raiseExposure(deps),
    bake: bake(deps),
    promote: promote(deps),
    settle: settle(deps),
    announce: announce(deps),
    closeRollout: closeRollout(deps),
  };
}

/** Local activities of the workflow worker. */
export function doorActivities(deps: Pick<ActivityDeps, 'policy'>): DoorActivities {
  return { checkDecision: checkDecision(deps) };
}

export function rollbackActivities(deps: ActivityDeps): RollbackActivities {
  return { restoreBaseline: restoreBaseline(deps), restoreAlias: restoreAlias(deps), confirmZero: confirmZero(deps) };
}
