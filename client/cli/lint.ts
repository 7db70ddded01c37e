/** `sluice lint`: every problem of a plan at once, each with its place and what to write instead. */
import type { Command } from 'commander';
import { EXIT } from '../../workflows/contract/errors.js';
import { modeHere } from './gathering.js';
import { act, findingLine } from './shell.js';

export function lintVerb(root: Command): void {
  root
    .command('lint')
    .argument('<plan>', 'rollout file')
    .description('check a plan: place and remedy of every problem')
    .action(
      act(async (shell, [file = '']) => {
        const { loadPlan } = await import('../files.js');
        const { plan, digest, warnings } = await loadPlan(file, await modeHere(shell));
        shell.emit({ version: 1, file, digest, warnings });
        for (const warning of warnings) shell.say(`${shell.paint.yellow('warning')} ${findingLine(warning)}`);
        shell.say(`${shell.paint.green('ok')} ${file}: ${plan.model}, ${plan.stages.length} stages, ${digest}`);
        return EXIT.done;
      }),
    );
}
