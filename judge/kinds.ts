/** The table of kinds. A new kind is a file under kinds/ and a line here. Pure, sandbox-safe. */
import type { MetricKind, MetricSpec } from '../workflows/contract/plan.js';
import type { Kind } from './kind.js';
import { count } from './kinds/count.js';
import { drift } from './kinds/drift.js';
import { fairness } from './kinds/fairness.js';
import { quantile } from './kinds/quantile.js';
import { rate } from './kinds/rate.js';
import { ratio } from './kinds/ratio.js';
import { score } from './kinds/score.js';
import { slo } from './kinds/slo.js';

const KINDS: Record<MetricKind, Kind> = { rate, quantile, score, count, ratio, slo, drift, fairness };

export function kindOf({ kind }: Pick<MetricSpec, 'kind'>): Kind {
  return KINDS[kind];
}
