/** A start order as it is shown before it is signed, read from the very text that gets signed. Pure. */
import { statementDigest } from '../../approvals/statement.js';
import type { StartStatement } from '../../workflows/contract/decisions.js';
import { fields } from './statement.js';
import { clock, safe } from './text.js';
import type { Canvas } from './tree.js';

export function orderLines(text: string, canvas: Canvas): string[] {
  const { model, tenant, rolloutId, plan, by, key, issuedAtMs, breakGlass } = JSON.parse(text) as StartStatement;
  const { paint, nowMs } = canvas;
  const emergency: [string, string][] =
    breakGlass === null
      ? []
      : [
          ['emergency', `${safe(breakGlass.reasonCode)}: ${safe(breakGlass.reason)}`],
          ['waives', breakGlass.waive.map(safe).join(', ') || 'no gate'],
        ];
  const title = breakGlass === null ? 'START' : paint.red('EMERGENCY START');
  const rows: [string, string][] = [
    ['rollout', `${safe(rolloutId)}, tenant ${safe(tenant)}`],
    ['plan', safe(plan)],
    ...emergency,
    ['by', `${safe(by)}, ${clock(issuedAtMs, nowMs)}`],
    ['key', safe(key)],
    ['statement', statementDigest(text)],
  ];
  return [`${paint.bold(title)} of ${safe(model)}`, ...fields(rows, canvas)];
}
