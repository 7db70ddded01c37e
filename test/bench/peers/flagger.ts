/**
 * Flagger's failed-check counter (progressive-delivery.md section 1; pkg/controller/scheduler.go): a tick a minute, one
 * metric with a largest tolerated value.
 *
 * Facts: a value outside the range, no value, NaN (which its Prometheus client takes for no value) and a failing source
 * are each one failed check; the counter only grows; a tick that finds `threshold` failed checks rolls back before it
 * measures, so the rollback comes one tick after the last failure; a failed check does not advance the weight, and after
 * maxWeight/stepWeight successful ones the canary is promoted. There is no inconclusive.
 * Chosen: threshold 5, as in the documentation's examples; the range's limit as given; a constant or, by a query of the user's own, relative to the baseline.
 * Simplified: traffic is split in halves whatever the weight (kind to it at small weights); no webhooks.
 */
import { type Minute, type Peer, rateOf, type Watch } from './peer.js';

export interface FlaggerOptions {
  limit: { kind: 'constant'; rate: number } | { kind: 'baseline'; times: number };
  threshold?: number;
  /** Successful ticks until it promotes; null: the watch never ends. */
  ticks?: number | null;
}

export function flagger(name: string, options: FlaggerOptions): Peer {
  return { name, begin: () => analysis(options) };
}

function analysis({ limit, threshold = 5, ticks = null }: FlaggerOptions): Watch {
  let failedChecks = 0;
  let advanced = 0;
  return {
    look(control, treated) {
      if (failedChecks >= threshold) return 'fail';
      if (!isWithin(limit, control, treated)) {
        failedChecks += 1;
        return null;
      }
      advanced += 1;
      return ticks !== null && advanced >= ticks ? 'pass' : null;
    },
  };
}

function isWithin(limit: FlaggerOptions['limit'], control: Minute, treated: Minute): boolean {
  if (treated === null) return false;
  if (limit.kind === 'constant') return rateOf(treated) <= limit.rate;
  return control !== null && rateOf(treated) <= limit.times * rateOf(control);
}
