/** `sluice why`: what holds a rollout, who can act with which command, what happens by itself. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import { ways } from '../render/commands.js';
import { why } from '../render/why.js';
import { standingOf } from './gathering.js';
import { act } from './shell.js';

export function whyVerb(root: Command): void {
  root
    .command('why')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .description('what holds it, who can act, what happens by itself')
    .action(
      act(async (shell, [name]) => {
        const standing = await standingOf(shell, name);
        shell.emit({ ...standing, ways: ways(standing) });
        shell.say(...why(standing, shell.canvas()));
        return EXIT.done;
      }),
    );
}
