/** Plans with one metric of a kind and one gate on it. */
import { changed, example } from './support.js';

export const QUERY = '"select 1 where at >= :start and at < :end"';

/** A plan of the standard preset, with one more metric `m` and one gate on it. */
export function planOf(metric: string, gate: string): string {
  return changed(
    'gates: { ',
    `  m: { ${metric} }\ngates:\n  m: ${gate}\n  `,
    changed(
      'sources: { ',
      'sources: { outcomes: { sql: outcomes, window: 30s }, metrics: { prometheus: metrics, window: 30s }, ',
      example('standard.rollout.yaml').replace(/(gates: \{ .*) \}\s*$/, '$1\n'),
    ),
  );
}

export const SCORE = `from: outcomes, kind: score, range: [0, 1], query: ${QUERY}, better: higher`;
export const COUNT = 'from: traffic, kind: count, events: retries_total, exposure: tokens_total, better: lower';
export const RATIO = `from: outcomes, kind: ratio, query: ${QUERY}, better: lower`;
export const SLO =
  'from: traffic, kind: slo, objective: 99.9%, period: 30d, units: requests_total, events: failed_total';
export const DRIFT = 'from: traffic, kind: drift, histogram: mail_length';
export const GAP = `from: outcomes, kind: fairness, measure: truePositiveRate, query: ${QUERY}, slices: { by: [age] }`;
export const IMPACT = GAP.replace('truePositiveRate', 'impactRatio');

/** A gate that asks a relative margin, legal for most kinds. */
export const LEGAL = '{ promoteWhen: { provenWithin: 1% } }';
