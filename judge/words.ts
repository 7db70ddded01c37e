/** How numbers read in a sentence. Pure, sandbox-safe. */

/** `1,912` */
export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant figures at most, never an exponent: `0.012`, `12.1`, `1,240`. */
export function figure(x: number): string {
  if (Math.abs(x) >= 100) return count(x);
  const digits = x === 0 ? 0 : Math.min(7, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(x)))));
  return Number(x.toFixed(digits)).toString();
}

/** `12 %` */
export function percent(fraction: number): string {
  return `${figure(fraction * 100)} %`;
}

/** `0.8 points` */
export function points(difference: number): string {
  const text = figure(difference * 100);
  return text === '1' ? '1 point' : `${text} points`;
}

/** `50 ms` */
export function milliseconds(ms: number): string {
  return `${figure(ms)} ms`;
}

/** `20 s`, `3.5 min`, `2 h` */
export function span(ms: number): string {
  if (ms < 120_000) return `${figure(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${figure(ms / 60_000)} min`;
  return `${figure(ms / 3_600_000)} h`;
}
