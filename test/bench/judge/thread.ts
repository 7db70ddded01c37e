/** A worker thread: does the jobs it is given, with the same parts as the thread that gives them. */
import { parentPort, workerData } from 'node:worker_threads';
import { caseBook, type Job, runJob } from './jobs.js';
import type { Size } from './part.js';
import { PARTS } from './parts.js';

export type Done = { kind: 'outcomes'; outcomes: unknown[] } | { kind: 'broken'; reason: string };

const book = caseBook(PARTS, workerData as Size);

parentPort?.on('message', (job: Job) => parentPort?.postMessage(done(job)));

function done(job: Job): Done {
  try {
    return { kind: 'outcomes', outcomes: runJob(book(job.part), job) };
  } catch (error) {
    return { kind: 'broken', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
