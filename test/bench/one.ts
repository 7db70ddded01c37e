/** `one.ts NAME [--quick]`: one benchmark in a process of its own, so that none inherits another's heap; tells its parent. */
import { benchmarks } from './benchmarks.js';
import type { Row } from './row.js';

export type Told = { kind: 'rows'; rows: Row[] } | { kind: 'failed'; reason: string };

async function measure([name, ...options]: string[]): Promise<Told> {
  const benchmark = benchmarks.find((each) => each.name === name);
  if (!benchmark) return { kind: 'failed', reason: `there is no benchmark ${name}` };
  try {
    return { kind: 'rows', rows: await benchmark.run({ quick: options.includes('--quick') }) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

// By `exit`, so that servers and workers this process has started end with it.
process.once('SIGTERM', () => process.exit(1));
process.once('disconnect', () => process.exit(1));
const told = await measure(process.argv.slice(2));
process.send?.(told, () => process.exit(0));
