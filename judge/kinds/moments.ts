/** How each kind that compares means makes sums of its payloads; null for the others. Pure, sandbox-safe. */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Moments } from '../means/moments.js';
import { countMoments } from './count.js';
import { rateMoments } from './rate.js';
import { ratioMoments } from './ratio.js';
import { scoreMoments } from './score.js';

export function momentsOf({ kind }: MetricSpec): Moments | null {
  switch (kind) {
    case 'rate':
      return rateMoments;
    case 'count':
      return countMoments;
    case 'score':
      return scoreMoments;
    case 'ratio':
      return ratioMoments;
    default:
      return null;
  }
}
