/**
 * The application whose users see the rollout: evaluates the flag file for every unit as a real one would, and keeps a
 * record of what it served when. That record is the evaluation plane the fault tests measure.
 */
import { readFileSync, statSync } from 'node:fs';
import { FlagdCore } from '@openfeature/flagd-core';
import { bucketKey, viaOf } from '../../../activities/exposure/application.js';
import type { Arm } from '../../../workflows/contract/plan.js';
import type { ArmServer } from './arm.js';

const TICK_MS = 50;
const UNITS_PER_SECOND = 400;
const STAFF = 0.1;
/** A process that was starved does not make up for it with a burst. */
const MOST_PER_TICK = 100;
const SILENT = { error() {}, warn() {}, info() {}, debug() {} };

/** What a flag file said, as an application first saw it. */
export interface Shown {
  atMs: number;
  revision: number;
  mode: string;
  share: number;
  cohorts: string;
  closedFor: string | null;
  leaseUntilMs: number | null;
  /** Of the rules and variants alone: differs when somebody edited them. */
  rules: string;
}

export interface Tick {
  atMs: number;
  baseline: number;
  candidate: number;
}

export interface Application {
  /** Every change of the flag, oldest first. */
  readonly shown: readonly Shown[];
  readonly ticks: readonly Tick[];
  /** When a unit last reached the candidate; null: never. */
  lastCandidateMs(): number | null;
  stop(): void;
}

export interface ApplicationOptions {
  flagFile: string;
  flag: string;
  candidateVersion: string;
  arms: Record<Arm, ArmServer>;
}

export function runApplication(options: ApplicationOptions): Application {
  const core = new FlagdCore(undefined, SILENT);
  const shown: Shown[] = [];
  const ticks: Tick[] = [];
  const look = flagReader(options, core, shown);
  let user = 0;
  let lastMs = Date.now();
  const tick = (): void => {
    const nowMs = Date.now();
    look(nowMs);
    const due = Math.min(MOST_PER_TICK, Math.round(((nowMs - lastMs) * UNITS_PER_SECOND) / 1000));
    lastMs = nowMs;
    const served: Tick = { atMs: nowMs, baseline: 0, candidate: 0 };
    for (let unit = 0; unit < due; unit += 1) served[serveOne(options, core, `mailbox-${(user += 1)}`)] += 1;
    ticks.push(served);
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  return {
    shown,
    ticks,
    lastCandidateMs: () => ticks.findLast((each) => each.candidate > 0)?.atMs ?? null,
    stop: () => clearInterval(timer),
  };
}

function serveOne({ flag, arms, candidateVersion }: ApplicationOptions, core: FlagdCore, mailboxId: string): Arm {
  const context = { targetingKey: bucketKey(mailboxId), ...(Math.random() < STAFF ? { cohort: 'staff' } : {}) };
  const { value, variant = value } = core.resolveStringEvaluation(flag, '', context, SILENT);
  const arm = value === candidateVersion ? 'candidate' : 'baseline';
  arms[arm].serve(viaOf(variant));
  return arm;
}

/** Looks whether the file is another one; a file that is gone or broken leaves the last in force. */
function flagReader({ flagFile, flag }: ApplicationOptions, core: FlagdCore, shown: Shown[]): (nowMs: number) => void {
  let seen = '';
  return (nowMs) => {
    try {
      const { ino, mtimeMs, size } = statSync(flagFile);
      const now = `${ino} ${mtimeMs} ${size}`;
      if (now === seen) return;
      const text = readFileSync(flagFile, 'utf8');
      core.setConfigurations(text);
      seen = now;
      shown.push(shownBy(JSON.parse(text).flags[flag], nowMs));
    } catch {
      // As evaluators do: go on with what is in memory.
    }
  };
}

// biome-ignore lint/suspicious/noExplicitAny: whatever somebody wrote into the file
function shownBy(flag: any, atMs: number): Shown {
  const { sluiceRevision, sluiceMode, sluiceShare, sluiceCohorts, sluiceClosedFor, sluiceLeaseUntilMs } =
    flag.metadata ?? {};
  const lease = sluiceLeaseUntilMs ?? null;
  const { variants, defaultVariant, targeting = null } = flag;
  const leaseless = JSON.stringify({ variants, defaultVariant, targeting }).replaceAll(String((lease ?? 0) / 1000), '');
  return {
    atMs,
    revision: sluiceRevision ?? 0,
    mode: sluiceMode ?? 'serving',
    share: sluiceShare ?? 0,
    cohorts: sluiceCohorts ?? '[]',
    closedFor: sluiceClosedFor ?? null,
    leaseUntilMs: lease,
    rules: leaseless,
  };
}
