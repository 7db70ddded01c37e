/**
 * Do two arms draw from the same distribution over categories fixed before the stage? Evidence that they do not, valid
 * at every look, and how far apart they are. Pure, sandbox-safe.
 */
import { lnGamma } from '../numerics/gamma.js';

const LN_GAMMA_HALF = lnGamma(0.5);

/**
 * ln of the e-value against one distribution p for both arms, by universal inference (Wasserman, Ramdas and
 * Balakrishnan 2020; mixture of Krichevsky and Trofimov 1981 over Dirichlet(1/2, ..., 1/2) for each arm by itself).
 *
 * Valid at every look: over the likelihood at the true p the mixture is a martingale of mean one, and the denominator,
 * the largest likelihood that any common p gives to the same sequences, is at least that; so the ratio never exceeds the
 * martingale, which by Ville's inequality reaches 1/level with a chance of at most `level`.
 *
 * Counts may be fractions of the real ones by a common factor, which tempers both likelihoods. Zero while an arm is empty.
 */
export function lnTwoSampleEvidence(a: readonly number[], b: readonly number[]): number {
  const [inA, inB] = [total(a), total(b)];
  if (!(inA > 0) || !(inB > 0)) return 0;
  const categories = Math.max(a.length, b.length);
  let pooled = 0;
  for (let i = 0; i < categories; i += 1) {
    const both = (a[i] ?? 0) + (b[i] ?? 0);
    if (both > 0) pooled += both * Math.log(both / (inA + inB));
  }
  return lnMixture(a, categories) + lnMixture(b, categories) - pooled;
}

/** ln of the chance of one sequence with these counts, averaged over Dirichlet(1/2). */
function lnMixture(counts: readonly number[], categories: number): number {
  let sum = lnGamma(categories / 2) - lnGamma(total(counts) + categories / 2);
  for (const count of counts) if (count > 0) sum += lnGamma(count + 0.5) - LN_GAMMA_HALF;
  return sum;
}

/**
 * Jensen-Shannon distance of two distributions given as counts: square root of the divergence in bits, 0 when alike and
 * 1 when they share no category (statistics.md 5). Null when either has no counts: how far apart is then not known.
 */
export function jensenShannon(p: readonly number[], q: readonly number[]): number | null {
  const [inP, inQ] = [total(p), total(q)];
  if (!(inP > 0) || !(inQ > 0)) return null;
  let divergence = 0;
  for (let i = 0; i < Math.max(p.length, q.length); i += 1) {
    const [ofP, ofQ] = [(p[i] ?? 0) / inP, (q[i] ?? 0) / inQ];
    const middle = (ofP + ofQ) / 2;
    divergence += (gain(ofP, middle) + gain(ofQ, middle)) / 2;
  }
  return Math.sqrt(Math.min(1, Math.max(0, divergence)));
}

const gain = (share: number, middle: number): number => (share > 0 ? share * Math.log2(share / middle) : 0);

function total(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
