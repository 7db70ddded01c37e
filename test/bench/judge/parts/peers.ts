/** The peers with the settings they have in the benchmark. */
import { argoRollouts } from '../../peers/argo-rollouts.js';
import { flagger } from '../../peers/flagger.js';
import { kayenta } from '../../peers/kayenta.js';
import type { Decision, Minute, Peer } from '../../peers/peer.js';
import { zTest } from '../../peers/z-test.js';
import { ERROR_RATE } from '../streams/rate.js';

/** Twice what the baseline is known to have: what people write into a query by hand. */
const CONSTANT = { kind: 'constant', rate: 2 * ERROR_RATE } as const;
const BASELINE = { kind: 'baseline', times: 2 } as const;

export const ARGO = argoRollouts('Argo, 2 %', { limit: CONSTANT });
export const ARGO_RELATIVE = argoRollouts('Argo, twice the baseline', { limit: BASELINE });
export const FLAGGER = flagger('Flagger, 2 %', { limit: CONSTANT });
export const KAYENTA = kayenta('Kayenta');
export const Z_TEST = zTest('z-test');

/** None of them ends by itself, but for Kayenta's, which begins again every day. */
export const WATCHING: readonly Peer[] = [ARGO, ARGO_RELATIVE, FLAGGER, KAYENTA, Z_TEST];

export const PEER_NOTES =
  'Peers, each at its own defaults where it has them (test/bench/peers says which facts each follows): Argo Rollouts with an' +
  ' analysis every minute, failureLimit 3, against the constant 2 % or against twice the baseline of the same minute;' +
  ' Flagger, threshold 5, against 2 %; Kayenta hourly over the day so far, marginal 75, pass 95, a new canary every day;' +
  ' a one-sided 5 % z-test on all counts so far.';

/** A peer on watch: after a pass it begins again. */
export interface Guard {
  look(control: Minute, treated: Minute): Decision | null;
}

export function onWatch(peer: Peer): Guard {
  let watch = peer.begin();
  return {
    look(control, treated) {
      const decision = watch.look(control, treated);
      if (decision === 'pass') watch = peer.begin();
      return decision;
    },
  };
}

/** As they promote where people use them as their documentation shows. */
export const PROMOTING: readonly Peer[] = [
  argoRollouts('Argo, 2 %, 10 min', { limit: CONSTANT, count: 10 }),
  flagger('Flagger, 2 %, 10 min', { limit: CONSTANT, ticks: 10 }),
  kayenta('Kayenta, 3 h', { lifetimeMinutes: 180 }),
];

export const PROMOTING_NOTES =
  'Peers promote after ten good minutes (Argo: ten measurements; Flagger: ten steps of weight) and after the three hours' +
  ' that the documentation of Kayenta advises.';
