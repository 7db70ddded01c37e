/** Numbers that are kept for long, to so many significant figures: they print short. Pure, sandbox-safe. */

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Whole numbers, and those too large or too small to matter here, stay as they are. */
export function rounded(x: number, figures = 9): number {
  if (Number.isInteger(x)) return x;
  const places = figures - 1 - Math.floor(Math.log10(Math.abs(x)));
  const power = POWERS[Math.max(0, places)];
  return power === undefined ? x : Math.round(x * power) / power;
}
