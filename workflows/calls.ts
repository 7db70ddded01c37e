/**
 * The activities a rollout calls, with their clocks and retries. Sandbox-safe.
 *
 * A bake has no scheduleToClose: it would fail one delay early, as NotYet, and could not be extended by a hold; the
 * deadline is an argument. Attempts end within 5 s, so a killed worker costs at most one heartbeat timeout.
 */
import {
  type ActivityInterfaceFor,
  type ActivityOptions,
  type LocalActivityInterfaceFor,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { DoorActivities, RollbackActivities, RolloutActivities } from './contract/activities.js';
import type { TaskQueues } from './contract/ids.js';

export type Calls = ActivityInterfaceFor<RolloutActivities & RollbackActivities> &
  LocalActivityInterfaceFor<DoorActivities>;

export function callsOn(queues: TaskQueues): Calls {
  const work = (options: ActivityOptions): ActivityInterfaceFor<RolloutActivities> =>
    proxyActivities<RolloutActivities>({ taskQueue: queues.activities, ...options });
  const { raiseExposure, promote, settle } = work(WRITES);
  const back = proxyActivities<RollbackActivities>({ taskQueue: queues.rollback, ...WAY_BACK });
  return {
    raiseExposure,
    promote,
    settle,
    admit: work(ADMISSION).admit,
    bake: work(BAKE).bake,
    freezeEvidence: work(EVIDENCE).freezeEvidence,
    announce: work(NOTICE).announce,
    closeRollout: work(RECORD).closeRollout,
    // A proxy has no keys of its own: spreading it would copy nothing.
    restoreBaseline: back.restoreBaseline,
    restoreAlias: back.restoreAlias,
    confirmZero: back.confirmZero,
    checkDecision: proxyLocalActivities<DoorActivities>(DOOR).checkDecision,
  };
}

/** Asked a few times, then refused: nothing has been touched yet. */
const ADMISSION: ActivityOptions = { startToCloseTimeout: '60s', retry: { initialInterval: '1s', maximumAttempts: 5 } };

const BAKE: ActivityOptions = {
  startToCloseTimeout: '9s',
  heartbeatTimeout: '6s',
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
};

/** Tried until they succeed or are refused for good; fenced by revision and write id. */
const WRITES: ActivityOptions = {
  startToCloseTimeout: '15s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
};

const EVIDENCE: ActivityOptions = {
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
};

/** Nobody waits for a notification. */
const NOTICE: ActivityOptions = {
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '2s', maximumInterval: '1m' },
};

/** The record is worth an hour of trying; then the rollout ends without, and says so. */
const RECORD: ActivityOptions = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
};

/** Beside the workflow: what it said is in the history, so a later library cannot say otherwise on replay. */
const DOOR: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
};

/** For ever, on a queue of its own. An attempt lost with its worker is given up early enough to keep promise 2. */
const WAY_BACK: ActivityOptions = {
  startToCloseTimeout: '8s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '5s' },
};
