/** Results of checks: one line each, the remedy below. Pure. */
import { columns, safe } from './text.js';
import type { Canvas } from './tree.js';

export interface Check {
  name: string;
  state: 'ok' | 'problem' | 'skipped';
  sentence: string;
  /** What to do; empty when it is fine. */
  remedy: string;
}

export function checkTable(checks: Check[], { paint }: Pick<Canvas, 'paint'>): string[] {
  const marks = { ok: paint.green('✔'), problem: paint.red('✘'), skipped: paint.yellow('-') };
  const lines = columns(checks.map((check) => [`  ${marks[check.state]} ${safe(check.name)}`, safe(check.sentence)]));
  return lines.flatMap((line, i) => {
    const remedy = checks[i]?.remedy ?? '';
    return remedy === '' ? [line] : [line, `      → ${safe(remedy)}`];
  });
}
