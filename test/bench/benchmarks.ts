/** What there is to measure, in the order of the page. */
import { history } from './history.js';
import { judging } from './judging.js';
import { lease } from './lease.js';
import { memory } from './memory.js';
import { polls } from './polls.js';
import { program } from './program.js';
import type { Benchmark } from './row.js';
import { signatures } from './signatures.js';
import { twentySeeds } from './twenty-seeds.js';
import { wayBack } from './way-back.js';

export const benchmarks: readonly Benchmark[] = [
  history,
  wayBack,
  lease,
  memory,
  polls,
  program,
  judging,
  signatures,
  twentySeeds,
];
