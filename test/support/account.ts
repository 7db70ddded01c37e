/** One account of several runs of node's test runner: its counts summed, and the files that took long. Pure. */
import type { TestEvent } from 'node:test/reporters';

const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;
type Counts = Record<(typeof COUNTS)[number], number>;
const SLOW_MS = 5_000;

export interface Account {
  counts: Counts;
  slow: { file: string; ms: number }[];
}

export function newAccount(): Account {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts;
  return { counts, slow: [] };
}

/** Enters an event; false for the runner's own closing counts, which the account replaces. */
export function enter(account: Account, event: TestEvent): boolean {
  if (event.type === 'test:complete' && event.data.nesting === 0 && event.data.name === event.data.file) {
    const { duration_ms: ms } = event.data.details;
    if (ms >= SLOW_MS) account.slow.push({ file: event.data.file, ms });
  }
  // Diagnostics of tests name their file; the runner's own do not.
  if (event.type !== 'test:diagnostic' || event.data.file !== undefined) return true;
  const [name, value] = event.data.message.split(' ');
  const count = COUNTS.find((known) => known === name);
  if (count) account.counts[count] += Number(value);
  return count === undefined && name !== 'duration_ms';
}

/** Nothing failed, and something ran at all. */
export function passed(account: Account): boolean {
  const { tests, fail, cancelled } = account.counts;
  return tests > 0 && fail === 0 && cancelled === 0;
}

/** Slow files, slowest first, then the closing lines as node's own runner writes them. */
export function closing(account: Account, totalMs: number, shorten: (file: string) => string): string {
  const slow = account.slow
    .toSorted((a, b) => b.ms - a.ms)
    .map(({ file, ms }) => `# slow: ${shorten(file)} ${(ms / 1000).toFixed(1)} s`);
  const counts = COUNTS.map((name) => `# ${name} ${account.counts[name]}`);
  return [...slow, ...counts, `# duration_ms ${Math.round(totalMs)}`].join('\n');
}
