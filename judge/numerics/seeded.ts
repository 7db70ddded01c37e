/** Seeded chance, the same on every machine: for forecasts and trials on recorded data, never for a verdict. Pure, sandbox-safe. */

/** Whole numbers from 0 to 2^32 - 1. */
export type Bits = () => number;
/** Uniform on [0, 1). */
export type Random = () => number;

/** mulberry32 (public domain, T. Ettinger): 32 bits of state. */
export function seededBits(seed: number): Bits {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

export function seeded(seed: number): Random {
  const bits = seededBits(seed);
  return () => bits() / 4_294_967_296;
}

/** Standard normal (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
