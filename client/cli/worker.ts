/** `sluice worker`: serves the three queues until told to stop. */
import type { Command } from 'commander';
import type { ExitCode } from '../../workflows/contract/errors.js';
import { runInPlace } from '../program-path.js';
import { act, type Shell } from './shell.js';

interface WorkerOptions extends TrustOptions {
  logLevel?: string;
  serve?: string;
}

/** What a worker is told about keys. */
export interface TrustOptions {
  trustRoots?: string;
  logKey?: string;
}

export function workerVerb(root: Command): void {
  root
    .command('worker')
    .option('--log-level <level>', 'debug, info, warn or error (default info)')
    .option('--trust-roots <file>', 'public keys that sign the policy; with them, decisions must be signed')
    .option('--log-key <file>', 'private key that signs checkpoints of the journal')
    .option('--serve <part>', 'all, workflows, or actuator: alone holds the credentials of the flag (default all)')
    .description('carry rollouts out, until told to stop')
    .action(
      act<WorkerOptions>(async (shell, _args, options) => {
        const { logLevel, serve } = options;
        const args = [
          ...fileArguments(shell),
          ...trustArguments(options),
          ...(serve === undefined ? [] : ['--serve', serve]),
          ...(logLevel === undefined ? [] : ['--log-level', logLevel]),
        ];
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

export function trustArguments({ trustRoots, logKey }: TrustOptions): string[] {
  return [
    ...(trustRoots === undefined ? [] : ['--trust-roots', trustRoots]),
    ...(logKey === undefined ? [] : ['--log-key', logKey]),
  ];
}
