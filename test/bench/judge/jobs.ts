/** Runs of a part cut into jobs and put together again: whoever does which job, the outcomes are the same. Pure. */
import type { Case, Part, Size } from './part.js';

/** So few that two threads end at about the same time, so many that handing over costs nothing. */
const SEEDS_A_JOB = 10;

export interface Job {
  part: string;
  /** Its place among the part's cases. */
  case: number;
  fromSeed: number;
  runs: number;
}

export function jobsOf(part: Part, cases: readonly Case<unknown>[]): Job[] {
  return cases.flatMap(({ runs }, index) =>
    Array.from({ length: Math.ceil(runs / SEEDS_A_JOB) }, (_, chunk) => ({
      part: part.name,
      case: index,
      fromSeed: chunk * SEEDS_A_JOB + 1,
      runs: Math.min(SEEDS_A_JOB, runs - chunk * SEEDS_A_JOB),
    })),
  );
}

export function runJob(cases: readonly Case<unknown>[], { case: index, fromSeed, runs }: Job): unknown[] {
  const chosen = cases[index];
  if (!chosen) throw new Error(`there is no case ${index}`);
  return Array.from({ length: runs }, (_, i) => chosen.run(fromSeed + i));
}

/** The cases of parts by name, made once: a case may hold a judge. */
export function caseBook(parts: readonly Part[], size: Size): (part: string) => readonly Case<unknown>[] {
  const made = new Map<string, readonly Case<unknown>[]>();
  return (name) => {
    const part = parts.find((each) => each.name === name);
    if (!part) throw new Error(`there is no part ${name}`);
    const cases = made.get(name) ?? part.cases(size);
    made.set(name, cases);
    return cases;
  };
}
