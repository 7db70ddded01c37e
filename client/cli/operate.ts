/** `sluice hold`, `resume`, `extend`: an operator's verbs that need no request. */
import type { Command } from 'commander';
import { deliver } from './deliver.js';
import { act } from './shell.js';
import { addressed } from './address.js';

const VERBS = {
  hold: 'stop raises; a failing gate still rolls back',
  resume: 'lift what people hold; the judge goes on',
  extend: 'give an undecided bake its full time again',
} as const;

export function operatorVerbs(root: Command): void {
  for (const verb of ['hold', 'resume', 'extend'] as const) {
    root
      .command(verb)
      .argument('[rollout]', 'model name or rollout id; none: the only open one')
      .option('--reason <text>', 'for the record')
      .description(VERBS[verb])
      .action(
        act<{ reason?: string }>(async (shell, [name], { reason }) => {
          return deliver(shell, await addressed(shell, name), verb, { reason });
        }),
      );
  }
}
