/** Everything that guards a rollout is dead: how long users stay on the candidate (promise 8). */
import { type MiniWorld, inWorld } from '../support/mini-world.js';
import { eventually } from '../support/workflow-test.js';
import { ownTemporal } from '../support/temporal.js';
import { atMost, type Benchmark, median, type Row, type Size, worst } from './row.js';

const LEASE_S = 5;
/** Ticks without a unit on the candidate that count as its end: 2 s of traffic. */
const QUIET_TICKS = 40;
const STAGES =
  '[{ name: general, exposure: { share: [50%, 100%] }, bake: { warmup: 1s, min: 60s, max: 3m }, gates: [errors-low] }]';

export const lease: Benchmark = {
  name: 'lease',
  title: 'Worker and server dead: back by the lease',
  limitMs: 190_000,
  run: measure,
};

/** Seconds. */
interface Run {
  afterDeath: number;
  /** Beyond the end of the lease as it stood in the flag. */
  beyondLease: number;
}

async function measure({ quick }: Size): Promise<Row[]> {
  const times = quick ? 1 : 5;
  const temporal = await ownTemporal();
  const kill = (): void => void process.kill(temporal.pid(), 'SIGKILL');
  process.once('exit', kill);
  const runs: Run[] = [];
  try {
    for (let time = 0; time < times; time += 1) {
      await inWorld(temporal.address, async (world) => void runs.push(await everythingDies(world, temporal)));
    }
  } finally {
    process.removeListener('exit', kill);
    await temporal.stop();
  }
  return rowsOf(runs);
}

async function everythingDies(
  world: MiniWorld,
  temporal: Pick<Awaited<ReturnType<typeof ownTemporal>>, 'kill' | 'restart'>,
): Promise<Run> {
  const worker = await world.worker();
  const { application } = world;
  const rollout = await world.start({ stages: STAGES, lease: `${LEASE_S}s` });
  await rollout.until('the bake', ({ status }) => status === 'baking');
  await eventually(
    'the lease to be renewed twice',
    async () => new Set(application.shown.map(({ leaseUntilMs }) => leaseUntilMs)).size,
    (leases) => leases >= 4,
  );
  const deadMs = Date.now();
  await Promise.all([worker.kill(), temporal.kill()]);
  const quiet = async (): Promise<number> =>
    application.ticks.slice(-QUIET_TICKS).reduce((sum, { candidate }) => sum + candidate, 0);
  await eventually('the candidate to be quiet', quiet, (units) => units === 0, 4 * LEASE_S * 1_000);
  const lastMs = application.lastCandidateMs() ?? Number.NaN;
  const leaseMs = application.shown.at(-1)?.leaseUntilMs ?? Number.NaN;
  await temporal.restart();
  await world.worker();
  const { how, lowering } = await rollout.ending();
  if (how !== 'RolledBack' || lowering?.cause !== 'leaseLapsed') throw new Error(`back alive, it ended ${how}`);
  return { afterDeath: (lastMs - deadMs) / 1_000, beyondLease: (lastMs - leaseMs) / 1_000 };
}

function rowsOf(runs: Run[]): Row[] {
  const afterDeath = runs.map((run) => run.afterDeath);
  const beyond = runs.map((run) => run.beyondLease);
  const method =
    `${runs.length} rollouts at 50 % with a lease of ${LEASE_S} s, 400 units a second; the worker process and the Temporal server are killed with -9` +
    ' at once in the middle of a bake. The last unit that reaches the candidate ends the time. Back alive, each rollout rolls back because its lease lapsed.';
  const limits =
    'targets that cannot express a lease; a machine whose clock is wrong; a traffic process that does not evaluate the flag for every unit.' +
    ' A lease renewed at every look has most of its length left when everything dies.';
  const row = { unit: 's', method, limits };
  return [
    { what: 'death to the last unit on the candidate, median', target: null, measured: median(afterDeath), ...row },
    {
      what: 'death to the last unit on the candidate, worst',
      target: atMost(LEASE_S),
      measured: worst(afterDeath),
      ...row,
    },
    {
      what: 'last unit on the candidate after the lease had ended, worst (negative: before)',
      target: atMost(0),
      measured: worst(beyond),
      ...row,
    },
  ];
}
