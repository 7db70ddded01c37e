/** The journal: everything that happened to a rollout, in order, as data. Sandbox-safe. */

import type { Digest } from './plan.js';

/** Small JSON, no free numbers beyond 2^53, no undefined. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface JournalEntry {
  seq: number;
  /** Workflow time, unix milliseconds. */
  atMs: number;
  event:
    | 'started'
    | 'admitted'
    | 'refused'
    | 'stageOpened'
    | 'requested'
    | 'requestClosed'
    | 'decided'
    | 'decisionVoid'
    | 'messageAccepted'
    | 'messageRefused'
    | 'raising'
    | 'raised'
    | 'verdict'
    | 'conditions'
    | 'held'
    | 'resumed'
    | 'extended'
    | 'edited'
    | 'promoted'
    | 'finished'
    | 'rollbackStarted'
    | 'rollbackIncomplete'
    | 'restored'
    | 'zeroObserved'
    | 'compensated'
    | 'paged'
    | 'continued'
    | 'ended';
  by: string | null;
  details: { [key: string]: Json };
  /** Hash of the entry before; GENESIS for the first. */
  prev: Digest;
  /** SHA-256 over 0x00 and the canonical JSON of this entry without `hash`. */
  hash: Digest;
}
