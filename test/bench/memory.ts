/** Heap of one more open rollout in a worker's cache. */
import { setImmediate } from 'node:timers/promises';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import { CONVERTER } from '../../worker/bundle.js';
import { eventually } from '../support/workflow-test.js';
import { openRollouts, type Setting } from './open-rollouts.js';
import { atMost, type Benchmark, type Row, type Size } from './row.js';

const PROMISED_KB = 60;
const FEW = 50;
const MANY = 250;

export const memory: Benchmark = { name: 'memory', title: 'Memory of an open rollout', limitMs: 150_000, run: measure };

/** Bytes. */
interface Used {
  heap: number;
  resident: number;
}

async function measure({ quick }: Size): Promise<Row[]> {
  const counts: [number, number] = quick ? [10, 40] : [FEW, MANY];
  const [few, many] = counts;
  // First, in a young process: what it has once had and freed would hide what the others take.
  const beside = await perRollout(counts, { inMainThread: false });
  const ours = await perRollout(counts, { inMainThread: true });
  const idle = await perRollout(counts, { inMainThread: true, bundle: await idleBundle() });
  const method =
    `One worker process with ${few} and then with ${many} rollouts of the example plan cached, each past its internal stage and waiting for` +
    ` the approval of beta under a guard; garbage collected before both; difference over ${many - few}.`;
  const heap = {
    unit: 'kB',
    method:
      `${method} The worker runs workflow code in its main thread (\`debugMode\`, the same reusable context), because Node 20 cannot` +
      ' tell the heap of the thread that workers use. The idle workflow is one function that awaits one activity.',
    limits:
      'the native part of the SDK. Fake verdicts are shorter than real ones, and fake activities of all rollouts share one list of calls.',
  };
  return [
    { what: 'heap used per cached rollout', target: atMost(PROMISED_KB), measured: ours.heap / 1_000, ...heap },
    { what: 'of which a cached idle workflow takes', target: null, measured: idle.heap / 1_000, ...heap },
    {
      what: 'resident memory per cached rollout, workflow code in its thread',
      target: null,
      measured: beside.resident / 1_000,
      unit: 'kB',
      method: `${method} As workers of users run; resident memory of the whole process.`,
      limits:
        'what is garbage in it: the workflow thread collects when it likes and allocators hold reserves, so this is an upper bound and varies from run to run.',
    },
  ];
}

function idleBundle(): Promise<WorkflowBundle> {
  const workflowsPath = new URL('idle-workflow.ts', import.meta.url).pathname;
  return bundleWorkflowCode({ workflowsPath, payloadConverterPath: CONVERTER, logger: new DefaultLogger('ERROR') });
}

async function perRollout(
  [few, many]: [number, number],
  worker: Pick<Setting, 'inMainThread' | 'bundle'>,
): Promise<Used> {
  const guarded = new Set<string>();
  const polled = ({ mode, rolloutId }: { mode: string; rolloutId: string }): void =>
    void (mode === 'guard' && guarded.add(rolloutId));
  const rollouts = await openRollouts({
    ...worker,
    polling: { polls: 1, delayMs: 1, guardDelayMs: 600_000, polled },
  });
  const waiting = async (count: number): Promise<Used> => {
    await rollouts.open(count - guarded.size);
    await eventually(
      `${count} rollouts to wait`,
      async () => guarded.size,
      (seen) => seen === count,
      60_000,
    );
    return collected();
  };
  try {
    const before = await waiting(few);
    const after = await waiting(many);
    const each = (key: keyof Used): number => (after[key] - before[key]) / (many - few);
    return { heap: each('heap'), resident: each('resident') };
  } finally {
    await rollouts.stop();
  }
}

/** After the collector has had several turns, the least heap that it reaches. */
async function collected(): Promise<Used> {
  const { gc } = globalThis;
  if (!gc) throw new Error('run with --expose-gc');
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 5; turn += 1) {
    gc();
    await setImmediate();
    least = Math.min(least, process.memoryUsage().heapUsed);
  }
  return { heap: least, resident: process.memoryUsage.rss() };
}
