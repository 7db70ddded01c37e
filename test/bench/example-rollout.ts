/** Runs the example plan to its end on a real server and counts what it cost: for the benchmark and the budget's test. */
import type { DoorActivities } from '../../workflows/contract/activities.js';
import { GENESIS } from '../../workflows/contract/decisions.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { FakeWorld } from '../support/fake-activities.js';
import { eventually, type RolloutUnderTest, withRollout } from '../support/workflow-test.js';
import { examplePlan } from './example.js';
import { type Polling, pollingWorld } from './polling-world.js';

export interface Course {
  /** Of each bake. */
  polls: number;
  plan?: (example: Plan) => Plan;
  world?: Pick<Polling, 'conditions' | 'mayPass'>;
  /** Decisions carry a statement and a signature, and are checked before they count. */
  signed?: boolean;
  /** What happens besides: from the start, before the first decision is given. */
  incident?: (rollout: RolloutUnderTest) => Promise<unknown>;
}

export interface Cost {
  /** History events of the whole rollout. */
  events: number;
  /** Events that a decision added which leaves its quorum open: nothing else happens meanwhile. */
  decision: number;
  /** Activities asked for, as the fake world wrote them down. */
  calls: readonly string[];
}

/** A bake of hundreds of polls on a busy machine. */
const STAGE_LIMIT_MS = 200_000;
/** Nothing but the number of polls counts here, so each waits hardly at all for the next. */
const DELAY_MS = 1;
const GUARD_DELAY_MS = 500;
const DECISIONS = [
  ['beta', 'ada'],
  ['general', 'ada'],
  ['general', 'eve'],
] as const;

/** All approvals given, ended Completed; throws when it ends otherwise. */
export async function runExample({ polls, plan: change, world, incident, signed = false }: Course): Promise<Cost> {
  const plan = change?.(examplePlan()) ?? examplePlan();
  const polling = { polls, delayMs: DELAY_MS, guardDelayMs: GUARD_DELAY_MS, ...world };
  let cost: Cost | null = null;
  const setting = {
    plan,
    world: () => (signed ? signing(pollingWorld(polling)) : pollingWorld(polling)),
    door: BELIEVING,
  };
  await withRollout('example plan', setting, async (rollout) => {
    await incident?.(rollout);
    const added: number[] = [];
    for (const [stage, by] of DECISIONS) added.push(await decide(rollout, { stage, by, signed }));
    await ended(rollout);
    const events = (await rollout.handle.describe()).historyLength;
    cost = { events, decision: added[OPEN_QUORUM] ?? Number.NaN, calls: rollout.world.calls };
  });
  if (cost === null) throw new Error('the rollout was not run to its end');
  return cost;
}

/** Of DECISIONS, the first of two yeses to one request. */
const OPEN_QUORUM = 1;

function signing(world: FakeWorld): FakeWorld {
  const { activities } = world;
  world.activities = {
    ...activities,
    admit: async (input) => ({ ...(await activities.admit(input)), assurance: 'signed' }),
  };
  return world;
}

/** What a check says costs no event; that it is asked does. */
const BELIEVING = (): DoorActivities => ({
  checkDecision: async ({ statement, atMs }) => ({
    kind: 'valid',
    by: statement.split('/')[1] ?? '',
    key: 'SHA256:any',
    assurance: 'signed',
    reason: null,
    issuedAtMs: atMs,
    statementDigest: GENESIS,
  }),
});

interface Deciding {
  stage: string;
  by: string;
  signed: boolean;
}

/** Events it added. */
async function decide(rollout: RolloutUnderTest, { stage, by, signed }: Deciding): Promise<number> {
  const { world, approve, until, send, answer, handle } = rollout;
  // Asking the workflow itself all the time would take the machine away from what is measured.
  const calls = async (): Promise<string[]> => world.calls;
  await eventually(`stage ${stage} to open`, calls, (all) => all.includes(`freeze ${stage}`), STAGE_LIMIT_MS);
  const { request } = await until('its request', (view) => view.request?.stage === stage);
  const before = (await handle.describe()).historyLength;
  const proof = { requestId: request?.requestId, statement: `${stage}/${by}`, signature: 'believed' };
  const { state, code } = signed ? await answer(await send('approve', { by, ...proof })) : await approve(by);
  if (state !== 'accepted') throw new Error(`the yes of ${by} for ${stage} was ${state}: ${code}`);
  return (await handle.describe()).historyLength - before;
}

async function ended({ ending, world }: RolloutUnderTest): Promise<void> {
  const how = await ending(STAGE_LIMIT_MS);
  if (how !== 'Completed') throw new Error(`the rollout ended ${how} after ${world.calls.join(', ')}`);
}
