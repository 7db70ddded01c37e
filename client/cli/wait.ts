/** `sluice wait`: blocks until the rollout ends; the exit code is its outcome. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../../workflows/contract/errors.js';
import { Problem } from '../problem.js';
import { safe, words, wrap } from '../render/text.js';
import { timesLine } from '../render/times.js';
import type { Found } from '../find.js';
import { act, type Shell } from './shell.js';

/** Longest a timer can be set for; nobody waits longer at a terminal. */
const FOR_EVER_MS = 2 ** 31 - 1;

export function waitVerb(root: Command): void {
  root
    .command('wait')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .option('--timeout <duration>', 'give up after this long, e.g. 90s, 15m, 2h (exit 12)', period)
    .description('block until it ends; exit code by outcome')
    .action(
      act<{ timeout?: number }>(async (shell, [name], { timeout }) => {
        const rollouts = await shell.rollouts();
        return waitFor(shell, await rollouts.find(name, shell.common.tenant), timeout ?? FOR_EVER_MS);
      }),
    );
}

/** Prints how it ended and returns the exit code of that. Throws timedOut. */
export async function waitFor(shell: Shell, found: Found, withinMs: number): Promise<ExitCode> {
  const rollouts = await shell.rollouts();
  // Pinned to its run (which continue-as-new follows): a successor's end is none of ours.
  const { runId } = found.runId === null ? await rollouts.identify(found) : found;
  const ending = await rollouts.ending({ ...found, runId }, withinMs);
  if (!ending) {
    const name = found.rolloutId ?? found.model;
    throw new Problem('timedOut', `Rollout ${name} still runs.`, `See what it waits for: sluice why ${found.model}`);
  }
  shell.emit({ version: 1, rolloutId: found.rolloutId, model: found.model, tenant: found.tenant, ...ending });
  const { paint, width } = shell.canvas();
  const title = ending.outcome === 'completed' ? paint.green('completed') : paint.red(words(ending.outcome));
  shell.say(...wrap(`${title} ${safe(ending.sentence)}`, width, '  '));
  if (ending.lowering) shell.say(...timesLine(ending.lowering.times).map((line) => `  ${line}`));
  return ending.exit;
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function period(text: string): number {
  const found = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  const ms = found ? Number(found[1]) * (UNITS[found[2] ?? ''] ?? 0) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('give a number with ms, s, m, h or d, e.g. 15m.');
  return Math.min(ms, FOR_EVER_MS);
}
