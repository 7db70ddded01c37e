/** `sluice watch`: the live tree on a terminal; in a pipe one line for each change. Ends with the rollout, by its outcome. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { changes } from '../render/changes.js';
import { widthOf } from '../render/text.js';
import { tree } from '../render/tree.js';
import { workflowId } from '../../workflows/contract/ids.js';
import type { Found } from '../find.js';
import type { Standing } from '../standing.js';
import { standingOf } from './gathering.js';
import { act, type Shell } from './shell.js';

const EVERY_MS = 1_000;

export function watchVerb(root: Command): void {
  root
    .command('watch')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .description('live view until it ends')
    .action(act(async (shell, [name]) => watch(shell, name)));
}

/** Follows one rollout by its id, so that a successor under the same name is not mistaken for it. */
export async function watch(shell: Shell, name: string | undefined): Promise<ExitCode> {
  let before: Standing | null = null;
  let drawn = 0;
  const live = process.stdout.isTTY === true && !shell.json;
  for (;;) {
    const now: Standing = await standingOf(shell, before ? foundOf(before) : name);
    const lines = changes(before, now);
    if (live) drawn = redraw(tree(now, shell.canvas()), drawn);
    else if (lines.length > 0) {
      shell.emit(now);
      shell.say(...lines);
    }
    if (now.ending) return now.ending.exit;
    if (!now.heard.temporal) return unreachable(now, shell);
    before = now;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function foundOf({ tenant, model, rolloutId }: Standing): Found {
  return { tenant, model, rolloutId, workflowId: workflowId(tenant, model), runId: null };
}

/** Draws over the last tree and returns the rows it took; cut to the screen, since what has scrolled away cannot be drawn over. */
function redraw(lines: string[], drawn: number): number {
  const { rows, columns } = process.stdout;
  const shown: string[] = [];
  let taken = 0;
  for (const line of lines) {
    const height = Math.max(1, Math.ceil(widthOf(line) / columns));
    if (taken + height > rows - 1) break;
    shown.push(line);
    taken += height;
  }
  const up = drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : '';
  process.stdout.write(`${up}${shown.join('\n')}\n`);
  return taken;
}

/** The flag and the evidence alone tell nothing new: shown once, then the reader decides. */
function unreachable(now: Standing, shell: Shell): ExitCode {
  shell.say(`Temporal does not answer; \`sluice status ${now.model}\` asks again.`);
  return EXIT.unreachable;
}
