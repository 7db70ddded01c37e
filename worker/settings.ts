/** The worker's settings: command line for files, Temporal's own environment for the connection. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Policy, readPolicy } from '../approvals/policy.js';
import { anchorPlatform } from '../plan/anchor.js';
import { readPlatform } from '../plan/platform.js';
import type { Platform } from '../plan/platform-types.js';
import { type Problem, showProblem } from '../plan/problem.js';
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
  const file = values.platform ?? 'platform.yaml';
  const platform = readPlatform(...named(file));
  if (platform.kind === 'problems') throw wrong(platform.problems);
  const policy = readPolicy(...named(values.policy ?? 'policy.yaml'));
  if (policy.kind === 'problems') throw wrong(policy.problems);
  return {
    platform: anchorPlatform(platform.platform, dirname(resolve(file))),
    platformDigest: platform.digest,
    policy: policy.policy,
    policyDigest: policy.digest,
    logLevel: values['log-level'] ?? 'info',
  };
}

function named(file: string): [text: string, file: string] {
  try {
    return [readFileSync(file, 'utf8'), file];
  } catch {
    throw new SettingsError(`${file} cannot be read; name it with --platform or --policy.`);
  }
}

function wrong(problems: readonly Problem[]): SettingsError {
  return new SettingsError(problems.map(showProblem).join('\n'));
}
