/** Emergency starts and their reviews. Pure. */
import type { LedgerEntry } from '../../approvals/break-glass.js';
import { statementDigest } from '../../approvals/statement.js';
import type { ReviewStatement } from '../../workflows/contract/decisions.js';
import { fields } from './statement.js';
import { clock, columns, moment, safe } from './text.js';
import type { Canvas } from './tree.js';

/** A line for each: what is owed, by when, and what has been reviewed. */
export function emergencyTable(entries: LedgerEntry[], { paint, nowMs }: Canvas): string[] {
  return columns(
    entries.map(({ rolloutId, model, reasonCode, by, dueMs, reviewedBy, reviewedAtMs }) => [
      safe(rolloutId),
      safe(model),
      safe(reasonCode),
      `by ${by.map(safe).join(', ')}`,
      reviewedAtMs === null
        ? dueText(dueMs, { paint, nowMs })
        : paint.green(`reviewed by ${safe(reviewedBy ?? '')} ${clock(reviewedAtMs, nowMs)}`),
    ]),
  );
}

function dueText(dueMs: number, { paint, nowMs }: Pick<Canvas, 'paint' | 'nowMs'>): string {
  const text = `review due ${moment(dueMs, nowMs)}`;
  return dueMs <= nowMs ? paint.red(`${text}: nothing of the tenant starts before it`) : paint.yellow(text);
}

/** The review as it is shown before it is signed, read from the very text that gets signed. */
export function reviewLines(text: string, entry: LedgerEntry, canvas: Canvas): string[] {
  const { rolloutId, tenant, model, finding, by, key, issuedAtMs } = JSON.parse(text) as ReviewStatement;
  const rows: [string, string][] = [
    ['rollout', `${safe(rolloutId)}, tenant ${safe(tenant)}`],
    ['finding', safe(finding)],
    ['by', `${safe(by)}, ${clock(issuedAtMs, canvas.nowMs)}`],
    ['key', safe(key)],
    ['statement', statementDigest(text)],
  ];
  return [
    `${canvas.paint.bold('REVIEW')} of the emergency start of ${safe(model)}`,
    ...fields(rows, canvas),
    '',
    canvas.paint.dim('Beside it, as the ledger has it and no part of what is signed:'),
    ...fields(
      [
        [
          'started',
          `${clock(entry.atMs, canvas.nowMs)}, ${safe(entry.reasonCode)}, by ${entry.by.map(safe).join(', ')}`,
        ],
        ['due', moment(entry.dueMs, canvas.nowMs)],
      ],
      canvas,
    ),
  ];
}
