/** Runs a part over worker threads. Each run depends on its seed alone, so the number of threads changes nothing but the time. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { caseBook, type Job, jobsOf, runJob } from './jobs.js';
import type { Part, Report, Size } from './part.js';
import { PARTS } from './parts.js';
import type { Done } from './thread.js';

export interface Measured {
  part: Part;
  report: Report;
  runs: number;
  seconds: number;
}

export interface Harness {
  /** `progress` hears of every tenth of the work. */
  measure(part: Part, progress?: (percent: number) => void): Promise<Measured>;
  stop(): Promise<void>;
}

/** Without threads everything runs here. */
export function harness(size: Size, threads: number): Harness {
  const workers = Array.from({ length: threads }, () => startThread(size));
  const book = caseBook(PARTS, size);
  return {
    async measure(part, progress = () => {}) {
      const beganMs = performance.now();
      const cases = book(part.name);
      const outcomes = cases.map(({ runs }) => Array.from<unknown>({ length: runs }));
      const jobs = jobsOf(part, cases);
      const heard = tenths(jobs.length, progress);
      const enter = ({ case: index, fromSeed }: Job, found: unknown[]): void => {
        found.forEach((outcome, i) => outcomes[index]?.splice(fromSeed - 1 + i, 1, outcome));
        heard();
      };
      if (part.alone || workers.length === 0) for (const job of jobs) enter(job, runJob(cases, job));
      else await Promise.all(workers.map((worker) => work(worker, jobs, enter)));
      const byName = (name: string): readonly unknown[] => {
        const index = cases.findIndex((each) => each.name === name);
        return outcomes[index] ?? [];
      };
      return {
        part,
        report: part.report(size, byName),
        runs: cases.reduce((sum, { runs }) => sum + runs, 0),
        seconds: (performance.now() - beganMs) / 1_000,
      };
    },
    stop: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

function tenths(all: number, progress: (percent: number) => void): () => void {
  let done = 0;
  return () => {
    done += 1;
    const tenth = Math.floor((10 * done) / all);
    if (tenth > Math.floor((10 * (done - 1)) / all)) progress(10 * tenth);
  };
}

/** tsx does not reach into threads by itself. */
function startThread(size: Size): Worker {
  const file = JSON.stringify(new URL('thread.ts', import.meta.url).href);
  const start = `import('tsx/esm/api').then(({ register }) => { register(); return import(${file}); })`;
  return new Worker(start, { eval: true, workerData: size, execArgv: [] });
}

/** Takes jobs from the list that all threads share until it is empty. */
async function work(worker: Worker, jobs: Job[], enter: (job: Job, outcomes: unknown[]) => void): Promise<void> {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    worker.postMessage(job);
    const [done] = (await once(worker, 'message')) as [Done];
    if (done.kind === 'broken') throw new Error(`${job.part}, case ${job.case}, seed ${job.fromSeed}: ${done.reason}`);
    enter(job, done.outcomes);
  }
}
