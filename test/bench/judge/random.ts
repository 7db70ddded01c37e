/**
 * Seeded numbers for millions of windows: a fast generator and samplers of normal, Poisson, binomial and multinomial
 * counts. Nothing here allocates once it is made. The same seed gives the same numbers on every machine.
 */

const TWO_32 = 4_294_967_296;
/** Below this mean counting up from zero is quicker than rejection. */
const FEW = 10;
/** So many units drawn one by one take as long as one binomial count. */
const AS_QUICK = 3;

/** sfc32 (Chris Doty-Humphrey's small fast counting generator), seeded by a 32-bit number and a name. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;
  /** The second normal number of a pair. */
  #spare = 0;
  #hasSpare = false;

  constructor(name: string, seed: number) {
    this.#a = hash(name, 0x9e37_79b9);
    this.#b = hash(name, 0x85eb_ca6b);
    this.#c = seed | 0;
    for (let i = 0; i < 12; i += 1) this.uniform();
  }

  /** Strictly between 0 and 1. */
  uniform(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return ((t >>> 0) + 0.5) / TWO_32;
  }

  /** Mean 0, variance 1 (Marsaglia's polar method). */
  normal(): number {
    if (this.#hasSpare) {
      this.#hasSpare = false;
      return this.#spare;
    }
    let x = 0;
    let y = 0;
    let square = 2;
    while (square >= 1) {
      x = 2 * this.uniform() - 1;
      y = 2 * this.uniform() - 1;
      square = x * x + y * y;
    }
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    this.#spare = y * scale;
    this.#hasSpare = true;
    return x * scale;
  }

  /** Mean 1, coefficient of variation 1. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  poisson(mean: number): number {
    if (mean <= 0) return 0;
    return mean < FEW ? this.#fewPoisson(mean) : this.#manyPoisson(mean);
  }

  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    return n * p < FEW ? this.fewBinomial(n, p / (1 - p), Math.log1p(-p)) : this.#manyBinomial(n, p);
  }

  /** Of a small mean, from the odds and the logarithm of the chance that it does not happen. */
  fewBinomial(n: number, odds: number, lnNot: number): number {
    let chance = Math.exp(n * lnNot);
    let left = this.uniform();
    let k = 0;
    while (left > chance && k < n) {
      left -= chance;
      k += 1;
      chance *= (odds * (n - k + 1)) / k;
    }
    return k;
  }

  #fewPoisson(mean: number): number {
    let chance = Math.exp(-mean);
    let left = this.uniform();
    let k = 0;
    while (left > chance && k < 1_000) {
      left -= chance;
      k += 1;
      chance *= mean / k;
    }
    return k;
  }

  /** PTRS of W. Hörmann, "The transformed rejection method for generating Poisson random variables", 1993. */
  #manyPoisson(mean: number): number {
    const lnMean = Math.log(mean);
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const most = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= most) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const accepted = Math.log((v * inverseAlpha) / (a / (us * us) + b));
      if (accepted <= k * lnMean - mean - lnFactorial(k)) return k;
    }
  }

  /** BTRS of W. Hörmann, "The generation of binomial random variates", 1993. */
  #manyBinomial(n: number, p: number): number {
    const q = 1 - p;
    const deviation = Math.sqrt(n * p * q);
    const b = 1.15 + 2.53 * deviation;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const most = 0.92 - 4.2 / b;
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
      if (us >= 0.07 && v <= most) return k;
      if (k < 0 || k > n) continue;
      const mode = Math.floor((n + 1) * p);
      const accepted = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / (us * us) + b));
      const lnRatio = lnFactorial(mode) + lnFactorial(n - mode) - lnFactorial(k) - lnFactorial(n - k);
      if (accepted <= lnRatio + (k - mode) * Math.log(p / q)) return k;
    }
  }
}

/** FNV-1a. */
function hash(name: string, start: number): number {
  let h = start | 0;
  for (let i = 0; i < name.length; i += 1) h = Math.imul(h ^ name.charCodeAt(i), 0x0100_0193);
  return h;
}

const LN_FACTORIALS = lnFactorials(16_384);

function lnFactorials(size: number): Float64Array {
  const table = new Float64Array(size);
  for (let k = 2; k < size; k += 1) table[k] = (table[k - 1] ?? 0) + Math.log(k);
  return table;
}

/** Stirling's series beyond the table: exact to the last bits there. */
function lnFactorial(k: number): number {
  if (k < LN_FACTORIALS.length) return LN_FACTORIALS[k] ?? 0;
  return (k + 0.5) * Math.log(k) - k + 0.918_938_533_204_672_7 + 1 / (12 * k) - 1 / (360 * k * k * k);
}

/** Walker's alias table: whole numbers from `first` on by fixed chances, one uniform number each. */
export class Alias {
  readonly #first: number;
  readonly #keep: Float64Array;
  readonly #other: Int32Array;

  constructor(chances: readonly number[], first = 0) {
    this.#first = first;
    const total = chances.reduce((sum, chance) => sum + chance, 0);
    const scaled = chances.map((chance) => (chance * chances.length) / total);
    this.#keep = new Float64Array(chances.length).fill(1);
    this.#other = Int32Array.from(chances, (_, i) => i);
    const poor = scaled.flatMap((chance, i) => (chance < 1 ? [i] : []));
    const rich = scaled.flatMap((chance, i) => (chance < 1 ? [] : [i]));
    while (poor.length > 0 && rich.length > 0) {
      const [low, high] = [poor.pop() ?? 0, rich.pop() ?? 0];
      this.#keep[low] = scaled[low] ?? 0;
      this.#other[low] = high;
      scaled[high] = (scaled[high] ?? 0) + (scaled[low] ?? 0) - 1;
      ((scaled[high] ?? 0) < 1 ? poor : rich).push(high);
    }
  }

  draw(random: Random): number {
    const at = random.uniform() * this.#keep.length;
    const i = Math.floor(at);
    return this.#first + (at - i < (this.#keep[i] ?? 1) ? i : (this.#other[i] ?? i));
  }
}

/** Poisson counts of one mean, drawn many times: eight standard deviations to each side. */
export function poissonTable(mean: number): Alias {
  const reach = 8 * Math.sqrt(mean) + 12;
  const first = Math.max(0, Math.floor(mean - reach));
  const chances: number[] = [];
  for (let k = first; k <= mean + reach; k += 1) chances.push(Math.exp(k * Math.log(mean) - mean - lnFactorial(k)));
  return new Alias(chances, first);
}

/** Units spread over categories of fixed chances: by binomial counts, largest first, while that is quicker than one by one. */
export class Categories {
  readonly #order: number[];
  /** Chance of the category given that it is this one or a smaller one. */
  readonly #given: Float64Array;
  readonly #odds: Float64Array;
  readonly #lnNot: Float64Array;
  readonly #rest: Alias[];

  constructor(chances: readonly number[]) {
    this.#order = chances.map((_, i) => i).sort((a, b) => (chances[b] ?? 0) - (chances[a] ?? 0));
    const sorted = this.#order.map((i) => chances[i] ?? 0);
    const from = sorted.map((_, i) => sorted.slice(i));
    const left = from.map((rest) => rest.reduce((sum, chance) => sum + chance, 0));
    this.#given = Float64Array.from(sorted, (chance, i) => (left[i] ? chance / left[i] : 1));
    this.#odds = this.#given.map((chance) => chance / (1 - chance));
    this.#lnNot = this.#given.map((chance) => Math.log1p(-chance));
    this.#rest = from.map((rest) => new Alias(rest.map((chance) => Math.max(chance, 1e-300))));
  }

  /** Adds `n` units to `counts`, one entry per category. */
  spread(random: Random, n: number, counts: number[]): void {
    let left = n;
    let i = 0;
    const last = this.#order.length - 1;
    for (; i < last && left >= AS_QUICK * (last - i); i += 1) {
      const chance = this.#given[i] ?? 1;
      const isFew = chance <= 0.5 && left * chance < FEW;
      const taken = isFew
        ? random.fewBinomial(left, this.#odds[i] ?? 0, this.#lnNot[i] ?? 0)
        : random.binomial(left, chance);
      const category = this.#order[i] ?? 0;
      counts[category] = (counts[category] ?? 0) + taken;
      left -= taken;
    }
    if (i === last) {
      const category = this.#order[i] ?? 0;
      counts[category] = (counts[category] ?? 0) + left;
      return;
    }
    for (; left > 0; left -= 1) {
      const category = this.#order[i + (this.#rest[i]?.draw(random) ?? 0)] ?? 0;
      counts[category] = (counts[category] ?? 0) + 1;
    }
  }
}
