/** A flag file in a directory of its own, and orders with everything filled in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FlagdCore, MemoryStorage } from '@openfeature/flagd-core';
import type { ApplyOrder } from '../../../activities/exposure/adapter.js';
import { bucketKey } from '../../../activities/exposure/application.js';
import type { DesiredExposure, ExposureTarget } from '../../../workflows/contract/exposure.js';

export const R1 = `r-${'a'.repeat(26)}`;
export const R2 = `r-${'b'.repeat(26)}`;

export const OTHER_FLAG = {
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  targeting: { if: [{ in: ['@example.com', { var: 'email' }] }, 'on', null] },
  metadata: { owner: 'team-x' },
};

export function flagFile(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-flags-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'flags.json');
  const mine = {
    state: 'ENABLED',
    variants: { 'rules-1': 'rules-1' },
    defaultVariant: 'rules-1',
    metadata: { team: 'mail' },
  };
  const document = {
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    flags: { other: OTHER_FLAG, 'spam-filter': mine },
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

export function targetOf(rolloutId = R1, baselineVersion = 'rules-1', candidateVersion = 'nb-2'): ExposureTarget {
  return {
    tenant: 'mail',
    store: 'flags',
    flag: 'spam-filter',
    cohortAttribute: 'cohort',
    rolloutId,
    baselineVersion,
    candidateVersion,
  };
}

export function exposing(share: number, cohorts: string[] = [], leaseForMs = 600_000): DesiredExposure {
  return { mode: 'exposing', share, cohorts, leaseUntilMs: Date.now() + leaseForMs, onSilence: 'baseline' };
}

export function order(desired: DesiredExposure, expectedRevision: number, target = targetOf()): ApplyOrder {
  return { target, desired, expectedRevision, writeId: `${target.rolloutId}/write-${expectedRevision}` };
}

export function edit(file: string, change: (flag: any, document: any) => void): void {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  change(document.flags['spam-filter'], document);
  writeFileSync(file, JSON.stringify(document));
}

type Evaluate = (context: Record<string, string>) => { value: string; variant: string | undefined };

export function evaluator(file: string): Evaluate {
  return evaluatorOf(readFileSync(file, 'utf8'), 'spam-filter');
}

/** What an application would get: schema checked strictly, rules compiled, as OpenFeature's provider has it. */
export function evaluatorOf(text: string, flag: string): Evaluate {
  const silent = { error() {}, warn() {}, info() {}, debug() {} };
  const storage = new MemoryStorage(silent);
  storage.setConfigurations(text, true);
  const core = new FlagdCore(storage, silent);
  return (context) => {
    const { value, variant } = core.resolveStringEvaluation(flag, 'application default', context, silent);
    return { value, variant };
  };
}

export const KEYS: string[] = Array.from({ length: 2000 }, (_, index) => bucketKey(`user-${index}`));
