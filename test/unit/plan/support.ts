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

/** Refused by that one code, at the very line and column where `at` stands, in these words. */
export function refusedAt(text: string, code: string, at: string, says: RegExp): void {
  pointsAt(problem(refused(text), code), text, at, says);
}

/** Likewise for a warning, of a plan that is taken. */
export function warnedAt(text: string, code: string, at: string, says: RegExp): void {
  pointsAt(problem(accepted(text).warnings, code), text, at, says);
}

function pointsAt({ code, file, line, column, message, remedy }: Problem, text: string, at: string, says: RegExp) {
  const rest = text
    .split('\n')
    .slice(line - 1)
    .join('\n')
    .slice(column - 1);
  assert.ok(rest.startsWith(at), `${code} points at "${rest.slice(0, 40)}", not at "${at}"`);
  assert.match(`${message}; ${remedy}`, says);
  assert.equal(file, 'p.yaml');
}
