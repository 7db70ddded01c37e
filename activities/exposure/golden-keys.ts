/**
 * What a flag document serves now, found by asking a real evaluator for 1,000 fixed users: lapsed leases, hand edits and
 * broken documents show as they show to applications. Time is the evaluator's own clock. Pure but for that clock.
 */
import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core';
import { bucketKey } from './application.js';

export const GOLDEN_KEYS: readonly string[] = Array.from({ length: 1000 }, (_, index) => bucketKey(`golden-${index}`));
/** Enough to tell a cohort's rule from the share: all of them must get the candidate. */
const COHORT_KEYS = 50;

const SILENT = { error() {}, warn() {}, info() {}, debug() {} };
/** No code is generated from a file that people edit by hand. */
const OPTIONS = { disableDynamicCodeGeneration: true };

export interface Question {
  flag: string;
  candidateVersion: string;
  cohortAttribute: string;
  cohorts: string[];
}

export interface Census {
  /** Per golden key: does it get the candidate? */
  byKey: boolean[];
  candidates: number;
  cohorts: string[];
  /** Does a user without a key get the candidate? */
  keyless: boolean;
}

/** Throws when evaluators cannot read the document; they then go on with what they had. */
export function takeCensus(documentText: string, question: Question): Census {
  const storage = new MemoryStorage(SILENT, OPTIONS);
  storage.setConfigurations(documentText);
  const core = new FlagdCore(storage, SILENT, OPTIONS);
  const gets = (context: Record<string, string>): boolean =>
    core.resolveStringEvaluation(question.flag, '', context, SILENT).value === question.candidateVersion;
  const byKey = GOLDEN_KEYS.map((targetingKey) => gets({ targetingKey }));
  const some = GOLDEN_KEYS.slice(0, COHORT_KEYS);
  const reached = (cohort: string) =>
    some.every((targetingKey) => gets({ targetingKey, [question.cohortAttribute]: cohort }));
  return {
    byKey,
    candidates: byKey.filter(Boolean).length,
    cohorts: [...new Set(question.cohorts)].filter(reached),
    keyless: gets({}),
  };
}

/**
 * Share behind a count of golden keys. The keys are the same on both sides, so the difference to what the intended share
 * gives is far more exact than the count alone: equal counts mean exactly the intended share, more always means more.
 */
export function estimateShare(found: Census, expected: Census, intendedShare: number): number {
  const total = found.byKey.length;
  if (found.candidates === 0 || found.candidates === total) return found.candidates / total;
  const share = intendedShare + (found.candidates - expected.candidates) / total;
  return Math.min(1, Math.max(0, share));
}
