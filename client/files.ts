/** Plan, platform and policy files as a person has them on disk. Schema and lint (zod, yaml) are loaded when first asked for. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import type { Policy } from '../approvals/policy.js';
import type { Platform } from '../plan/platform-types.js';
import type { Problem as Finding } from '../plan/problem.js';
import type { Digest, Plan } from '../workflows/contract/plan.js';
import { messageOf, Problem } from './problem.js';

/** A file with problems: all of them at once. */
export class BadFile extends Problem {
  readonly findings: Finding[];

  constructor(code: 'badPlan' | 'badPlatform' | 'badPolicy', file: string, findings: Finding[]) {
    const many = findings.length === 1 ? 'one problem' : `${findings.length} problems`;
    super(code, `${file} has ${many}.`, 'Change what each line says and run `sluice lint` again.');
    this.findings = findings;
  }
}

export interface LoadedPlan {
  file: string;
  plan: Plan;
  digest: Digest;
  warnings: Finding[];
  /** The whole plan as YAML with every default filled in. */
  filled: string;
}

/** By production rules unless the platform file says otherwise. Throws BadFile with every problem, or badPlan when there is no such file. */
export async function loadPlan(file: string, mode: Platform['mode'] = 'production'): Promise<LoadedPlan> {
  const { readPlan } = await import('../plan/read.js');
  const text = contents(file, 'badPlan', 'Write one with `sluice init`.');
  const base = dirname(resolve(file));
  const read = readPlan(text, { file, queries: (path: string) => beside(base, path), mode });
  if (read.kind === 'problems') throw new BadFile('badPlan', file, read.problems);
  return { file, plan: read.plan, digest: read.digest, warnings: read.warnings, filled: read.filled };
}

/** Texts a plan refers to lie beside it or below; anything else is not read. */
function beside(base: string, path: string): string | null {
  const full = resolve(base, path);
  const way = relative(base, full);
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way) return null;
  try {
    return readFileSync(full, 'utf8');
  } catch {
    return null;
  }
}

export interface LoadedPlatform {
  file: string;
  platform: Platform;
  digest: Digest;
}

/** `named`, else SLUICE_PLATFORM, else platform.yaml here; null when none is named and none is here. */
export async function loadPlatform(named: string | undefined): Promise<LoadedPlatform | null> {
  const file = choose(named, process.env['SLUICE_PLATFORM'], 'platform.yaml');
  if (file === null) return null;
  const { readPlatform } = await import('../plan/platform.js');
  const text = contents(file, 'badPlatform', 'Name it with --platform or SLUICE_PLATFORM.');
  const read = readPlatform(text, file);
  if (read.kind === 'problems') throw new BadFile('badPlatform', file, read.problems);
  const { anchorPlatform } = await import('../plan/anchor.js');
  return { file, platform: anchorPlatform(read.platform, dirname(resolve(file))), digest: read.digest };
}

export interface LoadedPolicy {
  file: string;
  text: string;
  policy: Policy;
  digest: Digest;
}

/** Like `loadPlatform`, for the policy: SLUICE_POLICY, policy.yaml. Only its digest leaves this machine. */
export async function loadPolicy(named: string | undefined): Promise<LoadedPolicy | null> {
  const file = choose(named, process.env['SLUICE_POLICY'], 'policy.yaml');
  if (file === null) return null;
  const text = contents(file, 'badPolicy', 'Name it with --policy or SLUICE_POLICY.');
  const { policy, digest } = await readPolicyText(text, file);
  return { file, text, policy, digest };
}

/** Throws BadFile with every problem of the text. */
export async function readPolicyText(text: string, file: string): Promise<{ policy: Policy; digest: Digest }> {
  const { readPolicy } = await import('../approvals/policy.js');
  const read = readPolicy(text, file);
  if (read.kind === 'problems') throw new BadFile('badPolicy', file, read.problems);
  return { policy: read.policy, digest: read.digest };
}

function choose(named: string | undefined, fromEnv: string | undefined, usual: string): string | null {
  return named ?? fromEnv ?? (existsSync(usual) ? usual : null);
}

function contents(file: string, code: 'badPlan' | 'badPlatform' | 'badPolicy', remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(code, `${file} cannot be read: ${messageOf(error)}`, remedy, error);
  }
}
