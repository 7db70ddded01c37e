/** `sluice status`: where a rollout stands, once. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import { tree } from '../render/tree.js';
import { standingOf } from './gathering.js';
import { act } from './shell.js';

export function statusVerb(root: Command): void {
  root
    .command('status')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .description('where it stands, once; works with Temporal down')
    .action(
      act(async (shell, [name]) => {
        const standing = await standingOf(shell, name);
        shell.emit(standing);
        shell.say(...tree(standing, shell.canvas()));
        return EXIT.done;
      }),
    );
}
