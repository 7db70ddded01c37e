/** `sluice list`: rollouts by search attributes. */
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import type { Listed } from '../find.js';
import { columns, duration, safe, words } from '../render/text.js';
import { act, type Shell } from './shell.js';

export function listVerb(root: Command): void {
  root
    .command('list')
    .option('--all', 'closed ones too, as long as Temporal keeps them')
    .option('--limit <n>', 'at most this many', positive, 50)
    .description('open rollouts, newest first')
    .action(
      act<{ all?: boolean; limit: number }>(async (shell, _args, { all, limit }) => {
        const rollouts = await shell.rollouts();
        const rows = await rollouts.list({ tenant: shell.common.tenant, open: all !== true, limit });
        shell.emit({ version: 1, rollouts: rows });
        shell.say(...table(rows, shell));
        return EXIT.done;
      }),
    );
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1.');
  return value;
}

function table(rows: Listed[], { paint }: Shell): string[] {
  if (rows.length === 0) return ['No rollouts. Start one: sluice start PLAN'];
  const now = Date.now();
  const head = ['MODEL', 'TENANT', 'STATUS', 'STAGE', 'RISK', 'STARTED', 'BY', 'ROLLOUT'];
  const lines = columns([
    head,
    ...rows.map((row) => [
      safe(row.model),
      safe(row.tenant),
      words(safe(row.status)),
      safe(row.stage),
      safe(row.risk),
      `${duration(now - row.startedAtMs)} ago`,
      safe(row.startedBy),
      row.rolloutId ?? '',
    ]),
  ]);
  return lines.map((line, i) => (i === 0 ? paint.dim(line) : line));
}
