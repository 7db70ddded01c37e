/** The worker's settings: command line for files, Temporal's own environment for the connection. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Trust } from '../activities/deps.js';
import { type Policy, readPolicy } from '../approvals/policy.js';
import { anchorPlatform } from '../plan/anchor.js';
import { readPlatform } from '../plan/platform.js';
import type { Platform } from '../plan/platform-types.js';
import { type Problem, showProblem } from '../plan/problem.js';
import type { Digest } from '../workflows/contract/plan.js';
import { SettingsError } from './settings-error.js';
import { readTrust } from './trust.js';

/**
 * `actuator`: everything that touches stores and sources, alone with their credentials. `workflows`: the workflows and
 * the check of decisions at their door.
 */
const SERVED = ['all', 'workflows', 'actuator'] as const;
export type Serve = (typeof SERVED)[number];

export interface Settings {
  platform: Platform;
  platformDigest: Digest;
  policy: Policy;
  policyDigest: Digest;
  /** Null: no roots were named. */
  trust: Trust | null;
  /** Private key that signs checkpoints. */
  logKey: string | null;
  serve: Serve;
  logLevel: string;
}

export function readSettings(argv: string[]): Settings {
  const { values } = parseArgs({
    args: argv,
    options: {
      platform: { type: 'string' },
      policy: { type: 'string' },
      'trust-roots': { type: 'string' },
      'log-key': { type: 'string' },
      serve: { type: 'string' },
      'log-level': { type: 'string' },
    },
  });
  const serve = servedPart(values.serve ?? 'all');
  const file = values.platform ?? 'platform.yaml';
  const platform = readPlatform(...named(file));
  if (platform.kind === 'problems') throw wrong(platform.problems);
  const [policyText, policyFile] = named(values.policy ?? 'policy.yaml');
  const policy = readPolicy(policyText, policyFile);
  if (policy.kind === 'problems') throw wrong(policy.problems);
  const roots = values['trust-roots'];
  if (roots === undefined && platform.platform.mode === 'production') throw rootless(file);
  if (policy.policy.demo && platform.platform.mode === 'production') throw demonstration(policyFile);
  return {
    platform: anchorPlatform(platform.platform, dirname(resolve(file))),
    platformDigest: platform.digest,
    policy: policy.policy,
    policyDigest: policy.digest,
    trust: roots === undefined ? null : readTrust(roots, policyFile, policyText),
    logKey: values['log-key'] ?? null,
    serve,
    logLevel: values['log-level'] ?? 'info',
  };
}

function servedPart(asked: string): Serve {
  const known = SERVED.find((each) => each === asked);
  if (known) return known;
  throw new SettingsError(`--serve takes ${SERVED.join(', ')}, and not ${JSON.stringify(asked)}.`);
}

function named(file: string): [text: string, file: string] {
  try {
    return [readFileSync(file, 'utf8'), file];
  } catch {
    throw new SettingsError(`${file} cannot be read; name it with --platform or --policy.`);
  }
}

function rootless(file: string): SettingsError {
  return new SettingsError(
    `${file} says \`mode: production\`, and there nobody's mere name decides: name the public keys of the policy's roots with --trust-roots FILE.`,
  );
}

function demonstration(file: string): SettingsError {
  return new SettingsError(
    `${file} says \`demo: true\`: its keys were made for a demonstration, and anybody may have them. List real ones, and leave the line out.`,
  );
}

function wrong(problems: readonly Problem[]): SettingsError {
  return new SettingsError(problems.map(showProblem).join('\n'));
}
