/** How close two numbers must be, for the tests of the special functions. */
import assert from 'node:assert/strict';

/** Relative difference; where `floor` is given, relative to it for smaller numbers (a root, where none is defined). */
export function near(found: number, expected: number, what = '', relative = 1e-12, floor = 0): void {
  if (Object.is(found, expected)) return;
  const most = relative * Math.max(Math.abs(expected), floor);
  assert.ok(Math.abs(found - expected) <= most, `${what}: ${found} is not ${expected}`);
}

/**
 * ln of a probability, to 1e-12 of the smaller of the probability and its complement while it is above e^-250. Further
 * out to 4e-15 of the logarithm (3e-12 of the probability at e^-800), the spacing of doubles there being 1e-16 of it.
 * Complements below the normal range of doubles have fewer digits to agree on.
 */
export function nearLn(found: number, expected: number, what: string): void {
  const depth = Math.abs(expected);
  const most = Math.max(1e-12 * Math.min(1, depth), 4e-15 * (depth < 250 ? 0 : depth), 1e-318);
  assert.ok(Math.abs(found - expected) <= most, `${what}: ${found} is not ${expected}`);
}

/** A grid whose steps are equal in the logarithm, ends included. */
export function logGrid(from: number, to: number, steps: number): number[] {
  return Array.from({ length: steps + 1 }, (_, i) => from * (to / from) ** (i / steps));
}
