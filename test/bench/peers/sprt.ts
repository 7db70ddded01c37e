/**
 * The oracle: Wald's sequential probability ratio test of "ratio of rates is 1" against the true ratio, which it is told.
 * Given both arms' errors of a minute the candidate's share of them is binomial (statistics.md 2.2); no test with the same
 * error levels needs fewer errors on average (Wald and Wolfowitz 1948). Boundaries are Wald's: it fails at
 * ln((1 - beta)/alpha), passes at ln(beta/(1 - alpha)); alpha is that of our rollback budget, the power 0.8.
 */
import type { Peer, Watch } from './peer.js';

export interface SprtOptions {
  ratio: number;
  alpha: number;
  power: number;
}

export function sprt(name: string, options: SprtOptions): Peer {
  return { name, begin: () => watch(options) };
}

function watch({ ratio, alpha, power }: SprtOptions): Watch {
  const upper = Math.log(power / alpha);
  const lower = Math.log((1 - power) / (1 - alpha));
  let lnRatio = 0;
  return {
    look(control, treated) {
      if (control === null || treated === null) return null;
      const all = control.units + treated.units;
      if (!(all > 0)) return null;
      const events = control.events + treated.events;
      lnRatio += treated.events * Math.log(ratio) - events * Math.log((ratio * treated.units + control.units) / all);
      if (lnRatio >= upper) return 'fail';
      return lnRatio <= lower ? 'pass' : null;
    },
  };
}
