/** Plans for the tests of this room: the example, and the example with one thing changed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Mode } from '../../../plan/lint/context.js';
import type { Problem } from '../../../plan/problem.js';
import { type PlanReading, readPlan } from '../../../plan/read.js';

export function example(path: string): string {
  return readFileSync(new URL(`../../../examples/${path}`, import.meta.url), 'utf8');
}

/** Queries of the examples; others do not exist. */
export function queries(path: string): string | null {
  return ['mail-lost.sql', 'spam-kept.sql'].includes(path) ? example(path) : null;
}

export function read(text: string, mode: Mode = 'production'): PlanReading {
  return readPlan(text, { file: 'p.yaml', queries, mode });
}

export function accepted(text: string, mode?: Mode): Extract<PlanReading, { kind: 'plan' }> {
  const reading = read(text, mode);
  assert.ok(reading.kind === 'plan', `refused: ${JSON.stringify(reading, null, 1)}`);
  return reading;
}

export function refused(text: string, mode?: Mode): Problem[] {
  const reading = read(text, mode);
  assert.ok(reading.kind === 'problems', 'was accepted');
  return reading.problems;
}

/** The example of DESIGN section 9 with one passage replaced, which must be there. */
export function changed(from: string | RegExp, to: string, text = example('spam-filter.rollout.yaml')): string {
  const result = text.replace(from, to);
  assert.notEqual(result, text, `the example has no ${String(from)}`);
  return result;
}

/** The one problem of that code: where it stands and what it says. */
export function problem(problems: Problem[], code: string): Problem {
  const found = problems.filter((each) => each.code === code);
  assert.equal(found.length, 1, `one ${code} expected, got ${JSON.stringify(problems, null, 1)}`);
  const [only] = found;
  assert.ok(only);
  return only;
}
