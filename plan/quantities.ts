/** Durations and shares as people write them, to integers and fractions and back. Pure; no zod. */

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const DURATION = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,6})ms)?$/;
const SHARE = /^(\d{1,3})(?:\.(\d{1,3}))?%$/;

/** Longest duration taken: 400 days, Temporal's longest common retention. */
export const LONGEST_MS = 400 * UNITS.d;

/** `1h30m` -> 5,400,000. Null for anything but whole numbers of d, h, m, s, ms in this order. */
export function parseDuration(text: string): number | null {
  const found = text === '' ? null : DURATION.exec(text);
  if (!found) return null;
  const [, d, h, m, s, ms] = found.map((part) => (part === undefined ? 0 : Number(part)));
  const total = (d ?? 0) * UNITS.d + (h ?? 0) * UNITS.h + (m ?? 0) * UNITS.m + (s ?? 0) * UNITS.s + (ms ?? 0);
  return total <= LONGEST_MS ? total : null;
}

/** 5,400,000 -> `1h30m`; the shortest text that parses back to the same number. */
export function showDuration(totalMs: number): string {
  let rest = totalMs;
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** `12.5%` -> 0.125; at most three decimals, since stores keep shares as whole parts of 100,000. Null outside 0-100 %. */
export function parseShare(text: string): number | null {
  const found = SHARE.exec(text);
  if (!found) return null;
  const parts = Number(found[1]) * 1000 + Number((found[2] ?? '').padEnd(3, '0'));
  return parts <= 100_000 ? parts / 100_000 : null;
}

/** 0.125 -> `12.5%`. */
export function showShare(share: number): string {
  return `${Math.round(share * 100_000) / 1000}%`;
}

/** Nearest share a store can hold; keeps 1 - 0.05 from becoming 0.95000000000000007. */
export function roundShare(share: number): number {
  return Math.round(share * 100_000) / 100_000;
}
