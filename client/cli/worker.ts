/** `sluice worker`: serves the three queues until told to stop. */
import type { Command } from 'commander';
import type { ExitCode } from '../../workflows/contract/errors.js';
import { runInPlace } from '../program-path.js';
import { act, type Shell } from './shell.js';

export function workerVerb(root: Command): void {
  root
    .command('worker')
    .option('--log-level <level>', 'debug, info, warn or error (default info)')
    .description('carry rollouts out, until told to stop')
    .action(
      act<{ logLevel?: string }>(async (shell, _args, { logLevel }) => {
        const args = [...fileArguments(shell), ...(logLevel === undefined ? [] : ['--log-level', logLevel])];
        return (await runInPlace('worker/main', args)) as ExitCode;
      }),
    );
}

/** Platform and policy files for a program started in our place. */
export function fileArguments({ common }: Shell): string[] {
  const platform = common.platform ?? process.env['SLUICE_PLATFORM'];
  const policy = common.policy ?? process.env['SLUICE_POLICY'];
  return [
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...(policy === undefined ? [] : ['--policy', policy]),
  ];
}
