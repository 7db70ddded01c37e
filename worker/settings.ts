/** The worker's settings: command line for files, Temporal's own environment for the connection. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Policy, readPolicy } from '../approvals/policy.js';
import { readPlatform } from '../plan/platform.js';
import type { Platform } from '../plan/platform-types.js';
import type { Digest } from '../workflows/contract/plan.js';

export interface Settings {
  platform: Platform;
  platformDigest: Digest;
  policy: Policy;
  policyDigest: Digest;
  logLevel: string;
}

/** Thrown with everything that is wrong with a file, a line each. */
export class SettingsError extends Error {}

export function readSettings(argv: string[]): Settings {
  const { values } = parseArgs({
    args: argv,
    options: { platform: { type: 'string' }, policy: { type: 'string' }, 'log-level': { type: 'string' } },
  });
  const platform = load(values.platform ?? 'platform.yaml', readPlatform);
  const policy = load(values.policy ?? 'policy.yaml', readPolicy);
  return {
    platform: platform.platform,
    platformDigest: platform.digest,
    policy: policy.policy,
    policyDigest: policy.digest,
    logLevel: values['log-level'] ?? 'info',
  };
}

function load<T>(file: string, read: (text: string, file: string) => T): Exclude<T, { kind: 'problems' }> {
  const result = read(text(file), file);
  return result as Exclude<T, { kind: 'problems' }>;
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SettingsError(`${file} cannot be read; name it with --platform or --policy.`);
  }
}
