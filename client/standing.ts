/**
 * Where a rollout stands, put together from whoever answers: worker, Temporal, flag, evidence. What is missing was not
 * to be had, and `notes` says why. Pure: types and the questions renderers ask. This is the shape of `status --json`.
 */
import type { BakeHeartbeat } from '../workflows/contract/activities.js';
import type { ExitCode } from '../workflows/contract/errors.js';
import type { ExposureRead } from '../workflows/contract/exposure.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Plan } from '../workflows/contract/plan.js';
import type { StepVerdict } from '../workflows/contract/verdicts.js';
import type { Lowering, RolloutView, Status } from '../workflows/contract/view.js';

/** What of a heartbeat is for people; the rest is the activity's own memory. */
export type LiveBeat = Pick<BakeHeartbeat, 'verdict' | 'conditions' | 'observed' | 'leaseUntilMs' | 'atMs'>;

/** The activity that runs or waits for its next attempt, as the server knows it: live even with no worker. */
export interface LiveActivity {
  activity: string;
  attempt: number;
  heartbeat: LiveBeat | null;
  /** What the last attempt ended with: the sentence of NotYet, or an error. */
  lastFailure: { type: string; message: string } | null;
  nextAttemptMs: number | null;
}

export interface Ending {
  outcome: 'completed' | 'rolledBack' | 'cancelled' | 'refused' | 'terminated' | 'failed';
  exit: ExitCode;
  sentence: string;
  lowering: Lowering | null;
  closedAtMs: number | null;
}

export interface Standing {
  version: 1;
  tenant: string;
  model: string;
  rolloutId: string | null;
  status: Status | 'terminated' | 'failed' | 'unknown';
  stage: string | null;
  /** Who answered. */
  heard: { temporal: boolean; worker: boolean; flag: boolean; evidence: boolean };
  notes: string[];
  plan: Plan | null;
  view: RolloutView | null;
  live: LiveActivity | null;
  flag: ExposureRead | null;
  journal: JournalEntry[];
  ending: Ending | null;
  asOfMs: number;
}

/**
 * The freshest verdict: the workflow's own is as of its last change of state, the heartbeat's as of the last poll.
 * While people decide, a guard judges afresh and can only fail: until it does, what has passed stands.
 */
export function verdictOf(standing: Standing): StepVerdict | null {
  const known = standing.view?.verdict ?? null;
  const beat = standing.live?.heartbeat?.verdict ?? null;
  if (!known || !beat) return beat ?? known;
  if (standing.view?.request && known.verdict === 'pass' && beat.verdict !== 'fail') return known;
  return beat.asOfMs >= known.asOfMs ? beat : known;
}

export function observedOf(standing: Standing): RolloutView['observed'] {
  return standing.live?.heartbeat?.observed ?? standing.view?.observed ?? null;
}

/** Lease as the flag itself has it, else as the last poll left it. Null: none, or not known. */
export function leaseOf(standing: Standing): number | null {
  return standing.flag?.state.leaseUntilMs ?? standing.live?.heartbeat?.leaseUntilMs ?? null;
}

export function hasEnded(standing: Standing): boolean {
  return standing.ending !== null;
}

/** The lowering, whoever knows it. */
export function loweringOf(standing: Standing): Lowering | null {
  return standing.ending?.lowering ?? standing.view?.lowering ?? null;
}
