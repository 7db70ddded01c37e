/**
 * What many a dashboard does: a one-sided z-test at 5 % on everything counted so far, looked at every minute
 * (statistics.md 2.1). Pooled variance, no continuity correction, from the first minute at which both arms together
 * have at least ten errors. It knows nothing of having looked before.
 */
import type { Peer, Watch } from './peer.js';

/** Upper 5 % quantile of the normal distribution. */
const CRITICAL = 1.644_853_626_951_472_2;
const EVENTS_NEEDED = 10;

export function zTest(name: string): Peer {
  return { name, begin: watch };
}

function watch(): Watch {
  const a = { units: 0, events: 0 };
  const b = { units: 0, events: 0 };
  return {
    look(control, treated) {
      if (control === null || treated === null) return null;
      a.units += control.units;
      a.events += control.events;
      b.units += treated.units;
      b.events += treated.events;
      if (!(a.events + b.events >= EVENTS_NEEDED)) return null;
      return zOf(a, b) > CRITICAL ? 'fail' : null;
    },
  };
}

interface Total {
  units: number;
  events: number;
}

/** Of the difference of two proportions; positive: `b` is larger. */
export function zOf(a: Total, b: Total): number {
  const rate = (a.events + b.events) / (a.units + b.units);
  const deviation = Math.sqrt(rate * (1 - rate) * (1 / a.units + 1 / b.units));
  return (b.events / b.units - a.events / a.units) / deviation;
}
