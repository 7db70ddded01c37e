/** `sluice log`: the journal, from the evidence store and, for what is not exported yet, from the worker. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import { Problem } from '../problem.js';
import { act, type Shell } from './shell.js';

export function logVerb(root: Command): void {
  root
    .command('log')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .description('everything that happened to it, in order')
    .action(
      act(async (shell, [name]) => {
        const { entries, notes } = await collect(shell, name);
        const { logLines } = await import('../render/log.js');
        for (const entry of entries) shell.emit({ version: 1, ...entry });
        shell.say(...logLines(entries, shell.canvas()));
        for (const note of notes) process.stderr.write(`! ${note}\n`);
        return notes.length > 0 ? EXIT.evidenceIncomplete : EXIT.done;
      }),
    );
}

interface Collected {
  entries: JournalEntry[];
  notes: string[];
}

async function collect(shell: Shell, name: string | undefined): Promise<Collected> {
  const [rollouts, platform] = await Promise.all([shell.tryRollouts(), shell.platform()]);
  const { findKept, keptOf } = await import('../local.js');
  if (rollouts instanceof Problem) {
    const kept = platform && name !== undefined ? await findKept(platform.platform, name, shell.common.tenant) : null;
    if (!kept) throw rollouts;
    return {
      entries: kept.journal,
      notes: [`${rollouts.message} Entries not exported to the evidence store are missing.`],
    };
  }
  const found = await rollouts.find(name, shell.common.tenant);
  const told = await rollouts.tell(found);
  const { rolloutId } = told.found;
  const kept =
    platform && rolloutId !== null ? await keptOf(platform.platform, found.tenant, rolloutId).catch(() => null) : null;
  const fresh = await rollouts.journal(found);
  const entries = merge(kept?.journal ?? [], fresh ?? []);
  return {
    entries,
    notes: gaps(entries, fresh === null && told.ending === null, kept === null, told.view?.journalSeq ?? null),
  };
}

function merge(kept: JournalEntry[], fresh: JournalEntry[]): JournalEntry[] {
  const bySeq = new Map([...kept, ...fresh].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].toSorted((a, b) => a.seq - b.seq);
}

function gaps(entries: JournalEntry[], silent: boolean, noEvidence: boolean, last: number | null): string[] {
  if (silent) return ['No worker answers: entries not exported to the evidence store are missing.'];
  const missing = last === null ? 0 : last - entries.length;
  if (missing <= 0) return [];
  const why = noEvidence
    ? 'the evidence store is not reachable from here (--platform names it)'
    : 'the evidence store lacks them';
  return [`${missing} of ${last} entries are missing: ${why}.`];
}
