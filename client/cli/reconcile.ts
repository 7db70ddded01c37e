/** `sluice reconcile`: users exposed by a rollout that no longer runs go back to the baseline. Never raises anything. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import { Problem } from '../problem.js';
import { safe } from '../render/text.js';
import { act } from './shell.js';

export function reconcileVerb(root: Command): void {
  root
    .command('reconcile')
    .option('--dry-run', 'say what would be done')
    .description('put back users of rollouts that are gone')
    .action(
      act<{ dryRun?: boolean }>(async (shell, _args, { dryRun }) => {
        const platform = await shell.platform();
        if (!platform) {
          throw new Problem(
            'badPlatform',
            'reconcile goes through the platform file, and there is none here.',
            'Name it: --platform FILE.',
          );
        }
        const { reconcile } = await import('../reconcile.js');
        const order = { tenant: shell.common.tenant, by: shell.me, dryRun: dryRun === true };
        const done = await reconcile(platform.platform, await shell.rollouts(), order);
        shell.emit({ version: 1, flags: done });
        shell.say(
          ...(done.length === 0
            ? ['No flag of the platform file is held by a rollout.']
            : done.map((each) => safe(each.sentence))),
        );
        return EXIT.done;
      }),
    );
}
