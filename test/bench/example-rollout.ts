/** Runs the example plan to its end on a real server and counts what it cost: for the benchmark and the budget's test. */
import type { Plan } from '../../workflows/contract/plan.js';
import { eventually, type RolloutUnderTest, withRollout } from '../support/workflow-test.js';
import { examplePlan } from './example.js';
import { type Polling, pollingWorld } from './polling-world.js';

export interface Course {
  /** Of each bake. */
  polls: number;
  plan?: (example: Plan) => Plan;
  world?: Pick<Polling, 'conditions' | 'mayPass'>;
  /** What happens besides: from the start, before the first decision is given. */
  incident?: (rollout: RolloutUnderTest) => Promise<unknown>;
}

export interface Cost {
  /** History events of the whole rollout. */
  events: number;
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
export async function runExample({ polls, plan: change, world, incident }: Course): Promise<Cost> {
  const plan = change?.(examplePlan()) ?? examplePlan();
  const polling = { polls, delayMs: DELAY_MS, guardDelayMs: GUARD_DELAY_MS, ...world };
  let cost: Cost | null = null;
  await withRollout('example plan', { plan, world: () => pollingWorld(polling) }, async (rollout) => {
    await incident?.(rollout);
    for (const [stage, by] of DECISIONS) await decide(rollout, stage, by);
    await ended(rollout);
    cost = { events: (await rollout.handle.describe()).historyLength, calls: rollout.world.calls };
  });
  if (cost === null) throw new Error('the rollout was not run to its end');
  return cost;
}

async function decide({ world, approve }: RolloutUnderTest, stage: string, by: string): Promise<void> {
  // Asking the workflow itself all the time would take the machine away from what is measured.
  const calls = async (): Promise<string[]> => world.calls;
  await eventually(`stage ${stage} to open`, calls, (all) => all.includes(`freeze ${stage}`), STAGE_LIMIT_MS);
  const { state, code } = await approve(by);
  if (state !== 'accepted') throw new Error(`the yes of ${by} for ${stage} was ${state}: ${code}`);
}

async function ended({ ending, world }: RolloutUnderTest): Promise<void> {
  const how = await ending();
  if (how !== 'Completed') throw new Error(`the rollout ended ${how} after ${world.calls.join(', ')}`);
}
