/** The plan people see first, as the benchmarks run it. */
import { readFileSync } from 'node:fs';
import { readPlan } from '../../plan/read.js';
import type { Plan } from '../../workflows/contract/plan.js';

const EXAMPLES = new URL('../../examples/', import.meta.url);

/** examples/spam-filter.rollout.yaml with every default filled in. Throws with its problems. */
export function examplePlan(): Plan {
  const file = 'spam-filter.rollout.yaml';
  const queries = (path: string): string => readFileSync(new URL(path, EXAMPLES), 'utf8');
  const reading = readPlan(queries(file), { file, queries, mode: 'development' });
  if (reading.kind === 'problems') throw new Error(`the example plan: ${JSON.stringify(reading.problems, null, 1)}`);
  return reading.plan;
}
