/** How many polls one worker and a local server manage, and what a poll costs the worker. */
import { eventually } from '../support/workflow-test.js';
import { openRollouts } from './open-rollouts.js';
import type { Benchmark, Row, Size } from './row.js';

const ROLLOUTS = 50;
const DELAY_MS = 100;

export const polls: Benchmark = { name: 'polls', title: 'Polls of baking rollouts', limitMs: 70_000, run: measure };

async function measure({ quick }: Size): Promise<Row[]> {
  const forMs = quick ? 5_000 : 20_000;
  const baking = new Set<string>();
  let polled = 0;
  const rollouts = await openRollouts({
    inMainThread: false,
    polling: {
      polls: Number.POSITIVE_INFINITY,
      delayMs: DELAY_MS,
      guardDelayMs: DELAY_MS,
      polled: ({ rolloutId }) => {
        polled += 1;
        baking.add(rolloutId);
      },
    },
  });
  try {
    await rollouts.open(ROLLOUTS);
    await eventually(
      'all to bake',
      async () => baking.size,
      (seen) => seen === ROLLOUTS,
      40_000,
    );
    const [from, began, cpu] = [polled, performance.now(), process.cpuUsage()];
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return rowsOf({ count: polled - from, seconds, cpuMs: (user + system) / 1_000 });
  } finally {
    await rollouts.stop();
  }
}

function rowsOf({ count, seconds, cpuMs }: { count: number; seconds: number; cpuMs: number }): Row[] {
  const row = {
    target: null,
    method:
      `${ROLLOUTS} example rollouts baking on one worker process for ${Math.round(seconds)} s; each attempt ends at once and asks to be tried again after ${DELAY_MS} ms,` +
      ` so ${(ROLLOUTS * 1_000) / DELAY_MS} a second are asked for. Attempts begun are counted; CPU is that of the worker process.`,
    limits:
      'sources, stores and the judge: attempts do nothing. PostgreSQL: the local server writes SQLite and shares the cores with the worker, and is what saturates.',
  };
  return [
    { what: 'polls, one worker and one local server', measured: count / seconds, unit: 'per s', ...row },
    { what: 'CPU of the worker per poll', measured: cpuMs / count, unit: 'ms', ...row },
  ];
}
