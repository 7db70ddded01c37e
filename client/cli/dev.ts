/** `sluice dev`: a local Temporal server with its UI, and a worker. */
import type { Command } from 'commander';
import type { ExitCode } from '../../workflows/contract/errors.js';
import { runInPlace } from '../program-path.js';
import { act } from './shell.js';
import { fileArguments, type TrustOptions, trustArguments } from './worker.js';

interface DevOptions extends TrustOptions {
  port?: string;
  uiPort?: string;
  db?: string;
  worker: boolean;
}

export function devVerb(root: Command): void {
  root
    .command('dev')
    .option('--port <n>', 'port of the server (default 7233; 0: any free one)')
    .option('--ui-port <n>', 'port of the UI (default: port + 1000)')
    .option('--db <file>', 'database (default: under .sluice/)')
    .option('--trust-roots <file>', 'for the worker: public keys that sign the policy')
    .option('--log-key <file>', 'for the worker: private key that signs checkpoints')
    .option('--no-worker', 'server and UI only')
    .description('local Temporal server, its UI and a worker')
    .action(
      act<DevOptions>(async (shell, _args, { port, uiPort, db, worker, ...trust }) => {
        const args = [
          ...(port === undefined ? [] : ['--port', port]),
          ...(uiPort === undefined ? [] : ['--ui-port', uiPort]),
          ...(db === undefined ? [] : ['--db', db]),
          ...fileArguments(shell),
          ...trustArguments(trust),
          ...(worker ? [] : ['--no-worker']),
          ...(shell.json ? ['--json'] : []),
        ];
        return (await runInPlace('dev/main', args)) as ExitCode;
      }),
    );
}
