/**
 * Mills' ratio of the standard normal: its upper tail over its density. What remains of the tail when exp(-z^2 / 2) is
 * taken out, hence without underflow however far out. Pure, sandbox-safe.
 *
 * Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23
 * (1969), in the form for the normal distribution: relative error below 1e-15.
 */
import { polynomial } from './polynomial.js';

export const SQRT_TWO_PI = 2.5066282746310007;
export const LN_SQRT_TWO_PI = 0.9189385332046728;

const CENTRAL = {
  top: [18154.98125334356, 1067.6894854603709, 161.02823106855587, 2.2352520354606837, 0.06568233791820745],
  bottom: [45507.78933502673, 10260.932208618979, 976.0985517377767, 47.202581904688245, 1],
};
const MIDDLE = {
  top: [
    9842.714838383978, 11602.65143764735, 6848.190450536283, 2494.5375852903726, 597.2702763948002, 93.50665613217785,
    8.883149794388377, 0.39894151208813466, 1.0765576773720192e-8,
  ],
  bottom: [
    19685.429676859992, 38912.00328609327, 34900.95272114598, 18615.571640885097, 6485.558298266761, 1519.3775994075547,
    235.387901782625, 22.266688044328117, 1,
  ],
};
const FAR = {
  top: [
    0.000029112874951168793, 0.0014216191932278934, 0.022235277870649807, 0.12740116116024736, 0.215898534057957,
    0.023073441764940174,
  ],
  bottom: [
    0.00007297515550839662, 0.0037823963320275824, 0.06598813786892856, 0.4682382124808651, 1.284260096144911, 1,
  ],
};

/** P(Z > z) / density(z) for z >= 0. */
export function millsRatio(z: number): number {
  if (z < 0.67448975) {
    const square = z * z;
    const above = 0.5 - (z * polynomial(CENTRAL.top, square)) / polynomial(CENTRAL.bottom, square);
    return above * SQRT_TWO_PI * Math.exp(square / 2);
  }
  if (z < 5.656854249492381) return (SQRT_TWO_PI * polynomial(MIDDLE.top, z)) / polynomial(MIDDLE.bottom, z);
  const inverse = 1 / (z * z);
  const correction = (inverse * polynomial(FAR.top, inverse)) / polynomial(FAR.bottom, inverse);
  return (1 - SQRT_TWO_PI * correction) / z;
}
