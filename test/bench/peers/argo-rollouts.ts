/**
 * The counter rule of Argo Rollouts (progressive-delivery.md section 1; analysis/analysis.go of 2026-08-17): one metric
 * of an AnalysisRun, measured every minute, with a success condition alone.
 *
 * Facts: a measurement whose condition is false counts as failed, for ever; the run fails when failures exceed
 * `failureLimit` (strictly), errors when consecutive errors exceed `consecutiveErrorLimit`; an error is retried after 10 s
 * whatever the interval and any other outcome clears it; within one metric Error goes before Inconclusive before Failed. An empty
 * result is an error (the condition has no `result[0]`), NaN makes the condition false. With a failure condition beside
 * the success condition NaN satisfies neither: inconclusive, and one more than `inconclusiveLimit` pauses for a person
 * without a deadline. A metric without `count` runs for ever; with one, it succeeds after that many measurements.
 * Defaults kept: consecutiveErrorLimit 4, inconclusiveLimit 0. Chosen: failureLimit 3 (the default 0 fails at the first).
 * Simplified: one metric; an abort is immediate; the pause is a rule that says nothing any more.
 */
import { type Decision, type Minute, type Peer, rateOf, type Watch } from './peer.js';

export interface ArgoOptions {
  /** The candidate's error rate is compared with a constant, or with so many times the baseline's of the same minute. */
  limit: { kind: 'constant'; rate: number } | { kind: 'baseline'; times: number };
  failureLimit?: number;
  consecutiveErrorLimit?: number;
  inconclusiveLimit?: number;
  /** Declares the failure condition as well, so that NaN is inconclusive instead of failed. */
  bothConditions?: boolean;
  /** Measurements until the metric succeeds; null: it runs for ever. */
  count?: number | null;
}

const TRIES_A_MINUTE = 6;

type Measured = 'successful' | 'failed' | 'inconclusive' | 'error';

export function argoRollouts(name: string, options: ArgoOptions): Peer {
  return { name, begin: () => analysisRun(options) };
}

function analysisRun(options: ArgoOptions): Watch {
  const { failureLimit = 3, consecutiveErrorLimit = 4, inconclusiveLimit = 0, count = null } = options;
  let failed = 0;
  let inconclusive = 0;
  let errors = 0;
  let measured = 0;
  const enter = (outcome: Measured): Decision | null => {
    errors = outcome === 'error' ? errors + 1 : 0;
    if (outcome !== 'error') measured += 1;
    if (outcome === 'failed') failed += 1;
    if (outcome === 'inconclusive') inconclusive += 1;
    if (errors > consecutiveErrorLimit) return 'fail';
    if (inconclusive > inconclusiveLimit) return null;
    if (failed > failureLimit) return 'fail';
    return count !== null && measured >= count ? 'pass' : null;
  };
  return {
    look(control, treated) {
      // Paused: a person would have to decide.
      if (inconclusive > inconclusiveLimit) return null;
      const outcome = measure(options, control, treated);
      if (outcome !== 'error') return enter(outcome);
      for (let attempt = 0; attempt < TRIES_A_MINUTE; attempt += 1) {
        const decision = enter('error');
        if (decision !== null) return decision;
      }
      return null;
    },
  };
}

function measure({ limit, bothConditions = false }: ArgoOptions, control: Minute, treated: Minute): Measured {
  if (treated === null || (limit.kind === 'baseline' && control === null)) return 'error';
  const most = limit.kind === 'constant' ? limit.rate : limit.times * rateOf(control ?? { units: 0, events: 0 });
  const rate = rateOf(treated);
  if (rate <= most) return 'successful';
  return bothConditions && !(rate > most) ? 'inconclusive' : 'failed';
}
