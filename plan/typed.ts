/** From a text to typed data by a schema: all problems at once, whatever is legal kept for the rules that follow. */
import type { z } from 'zod';
import type { SourceText } from './document.js';
import { findingsOf, shapeOf, valueAt } from './issues.js';
import { type Finding, type Path, type Problem, related } from './problem.js';

export interface Typed<T> {
  /** Undefined when too much is wrong to say more. */
  value: T | undefined;
  findings: Finding[];
  /** What was taken out to go on; findings about it, or about what contains it, would be echoes. */
  removed: Path[];
}

/**
 * Checks data against a schema. When something is illegal it is taken out and the rest checked again, so that rules
 * about the whole still speak; `value` is then good for linting, never for use.
 */
export function typed<T extends z.ZodType>(schema: T, data: unknown): Typed<z.infer<T>> {
  const first = schema.safeParse(data);
  if (first.success) return { value: first.data, findings: [], removed: [] };
  const findings = findingsOf(first.error.issues, data, shapeOf(schema));
  const removed = findings.filter(({ code }) => code !== 'missingKey').map(({ path }) => path);
  const pruned = without(data, removed);
  const second = pruned === null ? null : schema.safeParse(pruned);
  return { value: second?.success ? second.data : undefined, findings, removed };
}

/** A copy without these mapping keys; null when one of them is an element of a list, whose removal would shift others. */
function without(data: unknown, paths: Path[]): unknown {
  const copy: unknown = structuredClone(data);
  for (const path of paths) {
    const key = path[path.length - 1];
    const parent = valueAt(copy, path.slice(0, -1));
    if (typeof key !== 'string' || typeof parent !== 'object' || parent === null) return null;
    Reflect.deleteProperty(parent, key);
  }
  return copy;
}

/** Places findings in the text, in reading order, without echoes and without saying one thing twice at one place. */
export function placed(source: SourceText, findings: Finding[], removed: Path[] = []): Problem[] {
  const own = findings.filter(({ path }) => !removed.some((gone) => related(gone, path)));
  const problems = [...source.problems, ...own.map(({ warning: _warning, ...finding }) => source.locate(finding))];
  const key = ({ code, line, column, message }: Problem) => `${line}:${column}:${code}:${message}`;
  const distinct = [...new Map(problems.map((problem) => [key(problem), problem])).values()];
  return distinct.sort((a, b) => a.line - b.line || a.column - b.column);
}
