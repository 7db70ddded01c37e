/** The command line of `sluice dev`. Pure. */
import { parseArgs } from 'node:util';

export interface DevOptions {
  /** gRPC; 0 takes any free port. Default 7233, where every Temporal client looks first. */
  port: number;
  /** Default port + 1000, any free one with port 0. */
  uiPort: number;
  /** Default `.sluice/temporal-<server version>.db`. */
  database: string | null;
  platform: string;
  policy: string;
  /** For the worker, as it takes them; null: not given. */
  trustRoots: string | null;
  logKey: string | null;
  /** Files that were named, not defaulted: these have to be there. */
  named: string[];
  worker: boolean;
  json: boolean;
}

export const USAGE =
  'usage: sluice dev [--port N] [--ui-port N] [--db FILE] [--platform FILE] [--policy FILE] [--trust-roots FILE] [--log-key FILE] [--no-worker] [--json]';

/** Exit code 2. */
export class UsageError extends Error {}

/** Throws UsageError for what it cannot read. */
export function parseDevOptions(args: string[]): DevOptions {
  const values = parse(args);
  const port = portNumber('--port', values.port, 7233);
  return {
    port,
    uiPort: portNumber('--ui-port', values['ui-port'], port === 0 ? 0 : port + 1000),
    database: values.db ?? null,
    platform: values.platform ?? 'platform.yaml',
    policy: values.policy ?? 'policy.yaml',
    trustRoots: values['trust-roots'] ?? null,
    logKey: values['log-key'] ?? null,
    named: [values.platform, values.policy, values['trust-roots'], values['log-key']].filter(
      (file) => file !== undefined,
    ),
    worker: !values['no-worker'],
    json: values.json ?? false,
  };
}

function parse(args: string[]) {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = {
      port: text,
      'ui-port': text,
      db: text,
      platform: text,
      policy: text,
      'trust-roots': text,
      'log-key': text,
      'no-worker': flag,
      json: flag,
    };
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

function portNumber(flag: string, text: string | undefined, otherwise: number): number {
  const port = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new UsageError(`${flag} takes a number from 0 to 65535, not ${text}\n${USAGE}`);
}
