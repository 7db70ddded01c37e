/** `sluice doctor`: everything a rollout needs, looked at; each line ok or a problem with its remedy. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import { checkTable } from '../render/checks.js';
import { act } from './shell.js';

export function doctorVerb(root: Command): void {
  root
    .command('doctor')
    .description('check servers, files, flags and sources')
    .action(
      act(async (shell) => {
        const { examine } = await import('../examine.js');
        const checks = await examine(shell.common, () => shell.rollouts());
        shell.emit({ version: 1, checks });
        shell.say(...checkTable(checks, shell.canvas()));
        const bad = checks.filter((check) => check.state === 'problem').map((check) => check.name);
        if (bad.length === 0) return EXIT.done;
        return bad.includes('temporal') ? EXIT.unreachable : EXIT.badInput;
      }),
    );
}
