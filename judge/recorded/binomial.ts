/** A fair coin thrown n times: exact, whatever n is. Pure, sandbox-safe. */
import { lnGamma } from '../numerics/gamma.js';
import type { Bits } from '../numerics/seeded.js';

/** Up to here coins are thrown one by one, 32 at a time. */
const THROWN = 512;

/** How many of n fair coins show heads. */
export function heads(n: number, bits: Bits): number {
  return n <= THROWN ? thrown(n, bits) : rejected(n, bits);
}

function thrown(n: number, bits: Bits): number {
  let [left, found] = [n, 0];
  for (; left >= 32; left -= 32) found += ones(bits());
  return left > 0 ? found + ones(bits() >>> (32 - left)) : found;
}

function ones(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Transformed rejection (BTRS of W. Hoermann, "The generation of binomial random variates", 1993) at p = 1/2. */
function rejected(n: number, bits: Bits): number {
  const deviation = Math.sqrt(n) / 2;
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.005;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const mode = Math.floor((n + 1) / 2);
  const surely = 0.92 - 4.2 / b;
  for (;;) {
    const [u, v] = [unit(bits) - 0.5, unit(bits)];
    const distance = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / distance + b) * u + n / 2 + 0.5);
    if (distance >= 0.07 && v <= surely) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (distance * distance) + b));
    if (height <= lnChoices(n, k) - lnChoices(n, mode)) return k;
  }
}

function lnChoices(n: number, k: number): number {
  return -lnGamma(k + 1) - lnGamma(n - k + 1);
}

/** Within (0, 1). */
function unit(bits: Bits): number {
  return (bits() + 0.5) / 4_294_967_296;
}
