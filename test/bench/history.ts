/** What the example plan costs in history events, whatever the number of polls, and what each incident adds (promise 3). */
import type { Conditions } from '../../workflows/contract/activities.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { CLEAR } from '../support/fake-activities.js';
import { inWorld } from '../support/mini-world.js';
import { sharedTemporal } from '../support/temporal.js';
import type { RolloutUnderTest } from '../support/workflow-test.js';
import { type Cost, type Course, runExample } from './example-rollout.js';
import { atMost, type Benchmark, median, type Row, type Size } from './row.js';

const FEW = 3;
/** Of the whole example plan, and between few polls and many. */
export const EVENT_BUDGET = 200;
export const POLL_DIFFERENCE = 12;

export const history: Benchmark = {
  name: 'history',
  title: 'History events of a rollout',
  limitMs: 500_000,
  run: measure,
};

async function measure({ quick }: Size): Promise<Row[]> {
  const many = quick ? 30 : 300;
  const times = quick ? 1 : 3;
  const [polled, [few, incidents]] = await Promise.all([
    runExample({ polls: many }),
    eventsOf(times, { polls: FEW }).then(async (base) => [base, await incidentRows(times, base)] as const),
  ]);
  const method =
    'examples/spam-filter.rollout.yaml (3 stages, 4 steps, 2 stages with approval, 3 approvals, an after phase with' +
    ' hold-back, notifications) run to Completed on a real server by the real workflow; `historyLength` of the closed run.';
  const limits =
    'activities are fakes that poll as often as they are told, so neither sources nor stores are in it; no incidents.' +
    ' Counts differ by a few events with what falls into one workflow task.';
  const counted = { unit: 'events', method, limits };
  return [
    { what: `example plan, ${FEW} polls per bake`, target: atMost(EVENT_BUDGET), measured: few, ...counted },
    { what: `example plan, ${many} polls per bake`, target: atMost(EVENT_BUDGET), measured: polled.events, ...counted },
    {
      what: `difference between ${FEW} and ${many} polls per bake`,
      target: atMost(POLL_DIFFERENCE),
      measured: Math.abs(polled.events - few),
      ...counted,
    },
    ...(await signedRows(times)),
    ...incidents,
    await workerKill(),
  ];
}

async function eventsOf(times: number, course: Course): Promise<number> {
  const all: number[] = [];
  for (let time = 0; time < times; time += 1) all.push((await runExample(course)).events);
  return median(all);
}

/** A signal, a workflow task, and the answer of the check. */
export const DECISION_BUDGET = 6;

async function signedRows(times: number): Promise<Row[]> {
  const runs: Cost[] = [];
  for (let time = 0; time < times; time += 1) runs.push(await runExample({ polls: FEW, signed: true }));
  const method =
    `the example plan with ${FEW} polls per bake and signed decisions, median of ${times}; for one approval, the history before it was` +
    ' sent and after it was answered, where it leaves its quorum open.';
  const counted = {
    unit: 'events',
    method,
    limits: 'signatures themselves: the check is a fake that believes everybody.',
  };
  return [
    {
      what: 'example plan, decisions signed',
      target: atMost(EVENT_BUDGET),
      measured: median(runs.map(({ events }) => events)),
      ...counted,
    },
    {
      what: 'a signed approval',
      target: atMost(DECISION_BUDGET),
      measured: median(runs.map(({ decision }) => decision)),
      ...counted,
    },
  ];
}

interface Incident {
  what: string;
  /** Fresh for every run: some keep state. */
  course: () => Omit<Course, 'polls'>;
  /** The incident may come more than once in a run; then this names its activity. */
  seenAs?: string;
}

const INCIDENTS: Incident[] = [
  {
    what: 'a reminder to a silent approver',
    course: () => ({ plan: remindingSoon, incident: reminded }),
    seenAs: 'announce approvalReminder',
  },
  {
    what: 'hold and resume while it bakes',
    course: () => {
      let mayPass = false;
      const incident = async (rollout: RolloutUnderTest): Promise<void> => {
        await rollout.until('the bake', ({ status }) => status === 'baking');
        await holdAndResume(rollout);
        mayPass = true;
      };
      return { world: { mayPass: () => mayPass }, incident };
    },
  },
  {
    what: 'hold and resume while it awaits approval',
    course: () => ({
      incident: async (rollout) => {
        await rollout.until('the request', ({ request }) => request !== null);
        await holdAndResume(rollout);
      },
    }),
  },
  {
    what: 'a gate blind, held, and seeing again',
    course: () => {
      let conditions: Conditions = CLEAR;
      let mayPass = false;
      const incident = async (rollout: RolloutUnderTest): Promise<void> => {
        await rollout.until('the bake', ({ status }) => status === 'baking');
        conditions = { ...CLEAR, blind: ['latency'] };
        await rollout.until('the hold', ({ holds }) => holds.length > 0);
        conditions = CLEAR;
        await rollout.until('sight', ({ holds }) => holds.length === 0);
        mayPass = true;
      };
      return { world: { mayPass: () => mayPass, conditions: () => conditions }, incident };
    },
  },
];

async function incidentRows(times: number, base: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { what, course, seenAs } of INCIDENTS) {
    const added: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const { events, calls } = await runExample({ polls: FEW, ...course() });
      const seen = seenAs === undefined ? 1 : calls.filter((call) => call === seenAs).length;
      added.push((events - base) / seen);
    }
    rows.push({
      what: `added by ${what}`,
      target: null,
      measured: median(added),
      unit: 'events',
      ...difference(times),
    });
  }
  return rows;
}

function difference(times: number): Pick<Row, 'method' | 'limits'> {
  return {
    method: `the same rollout with one incident in it, minus the one without; median of ${times}. Notifications are on.`,
    limits: 'an incident that meets another one; incidents longer than a reminder.',
  };
}

function remindingSoon(plan: Plan): Plan {
  const remind = (stage: Plan['stages'][number]): Plan['stages'][number] =>
    stage.name === 'beta' && stage.approval
      ? { ...stage, approval: { ...stage.approval, remindEveryMs: 2_000 } }
      : stage;
  return { ...plan, stages: plan.stages.map(remind) };
}

async function reminded({ world, until }: RolloutUnderTest): Promise<void> {
  await until('the reminder', () => world.calls.includes('announce approvalReminder'));
}

async function holdAndResume({ send, answer }: RolloutUnderTest): Promise<void> {
  await answer(await send('hold', { reason: 'measured' }));
  await answer(await send('resume'));
}

/** In a world of real activities, where a process can die. */
async function workerKill(): Promise<Row> {
  const { address } = await sharedTemporal();
  const undisturbed = await eventsInWorld(address, false);
  const killed = await eventsInWorld(address, true);
  return {
    what: 'added by a worker killed with -9 in a bake',
    target: null,
    measured: killed - undisturbed,
    unit: 'events',
    method:
      'one stage of two steps with real activities, once undisturbed and once with the worker stopped in the second' +
      ' look of a bake, killed and replaced; difference of the histories.',
    limits: 'one run each; a worker killed inside a workflow task.',
  };
}

async function eventsInWorld(address: string, kill: boolean): Promise<number> {
  let events = Number.NaN;
  await inWorld(address, async (world) => {
    const first = await world.worker(kill ? { stopAt: { point: 'bake.collected', nth: 2 } } : {});
    const rollout = await world.start();
    if (kill) {
      await first.stopped();
      await first.kill();
      await world.worker();
    }
    const { how } = await rollout.ending();
    if (how !== 'Completed') throw new Error(`the rollout ended ${how}`);
    events = (await rollout.handle.describe()).historyLength;
  });
  return events;
}
