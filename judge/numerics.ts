/** The special functions the procedures stand on, in logarithms. Pure, sandbox-safe. */

const HALF_LN_TWO_PI = 0.9189385332046728;

/** ln Gamma(x) for x > 0; relative error below 1e-14. Stirling's series above 10, reached by recurrence. */
export function lnGamma(x: number): number {
  let below = 1;
  let at = x;
  while (at < 10) {
    below *= at;
    at += 1;
  }
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series =
    inverse *
    (1 / 12 -
      square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - square * (691 / 360360))))));
  return (at - 0.5) * Math.log(at) - at + HALF_LN_TWO_PI + series - Math.log(below);
}

/** ln B(a, b). */
export function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

/** ln of the mean of exp(scale * x), without overflow. */
export function lnMeanExp(values: readonly number[], scale: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value * scale > largest) largest = value * scale;
  let sum = 0;
  for (const value of values) sum += Math.exp(value * scale - largest);
  return largest + Math.log(sum / values.length);
}

const CENTRAL = {
  top: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};
const NEAR_TAIL = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};

/** Upper quantile of the standard normal: P(Z > z) = tail, for 0.0000001 < tail <= 0.5. Wichura's AS 241. */
export function normalUpperQuantile(tail: number): number {
  const q = 0.5 - tail;
  if (q <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRAL.top, r)) / polynomial(CENTRAL.bottom, r);
  }
  const r = Math.sqrt(-Math.log(tail)) - 1.6;
  return polynomial(NEAR_TAIL.top, r) / polynomial(NEAR_TAIL.bottom, r);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i -= 1) sum = sum * x + (coefficients[i] ?? 0);
  return sum;
}
