/**
 * Fake activities whose bakes take a given number of polls: the workflow and the server are real, the world is not.
 * One of these serves any number of rollouts.
 */
import { Context } from '@temporalio/activity';
import { notYet } from '../../activities/failures.js';
import type { BakeInput, BakeResult, Conditions } from '../../workflows/contract/activities.js';
import { type FakeWorld, fakeWorld, verdictOf } from '../support/fake-activities.js';

export interface Polling {
  /** Of every bake. */
  polls: number;
  delayMs: number;
  /** Of a guard, which goes on until it is cancelled. */
  guardDelayMs: number;
  /** Asked at each poll before anything else; an answer that differs from what the workflow knows returns at once. */
  conditions?: (input: BakeInput) => Conditions;
  /** False: a bake goes on however often it has polled. */
  mayPass?: () => boolean;
  /** Told of each poll. */
  polled?: (input: BakeInput) => void;
}

/** The after phase ends by the clock; here it takes so many polls. */
const AFTER_POLLS = 3;

export function pollingWorld(polling: Polling): FakeWorld {
  const world = fakeWorld();
  world.activities.raiseExposure = async ({ exposure, expectedRevision, writeId, rolloutId }) => ({
    state: { ...world.exposure, mode: 'exposing', ...exposure, revision: expectedRevision + 1, writeId, rolloutId },
    verifiedAtMs: Date.now(),
    served: exposure,
  });
  world.activities.promote = async ({ holdBack, expectedRevision }) => ({
    state: { ...world.exposure, mode: 'promoted', holdBack, revision: expectedRevision + 1 },
  });
  world.activities.bake = async (input) => poll(world, polling, input);
  return world;
}

function poll(world: FakeWorld, polling: Polling, input: BakeInput): BakeResult {
  polling.polled?.(input);
  const conditions = polling.conditions?.(input) ?? input.known;
  const state = { ...world.exposure, revision: input.revision, rolloutId: input.rolloutId };
  const observed = { share: input.exposure.share, how: 'traffic' as const };
  const common = { verdict: verdictOf('pass'), conditions, observed, state, detectedAtMs: null, windows: 1 };
  if (JSON.stringify(conditions) !== JSON.stringify(input.known)) return { ...common, kind: 'conditions' };
  if (input.mode === 'guard') throw notYet('guarding', polling.guardDelayMs);
  const enough = input.mode === 'bake' ? polling.polls : AFTER_POLLS;
  const waits = input.mode === 'bake' && polling.mayPass?.() === false;
  if (waits || Context.current().info.attempt < enough) throw notYet('still looking', polling.delayMs);
  return { ...common, kind: input.mode === 'bake' ? 'pass' : 'timeout' };
}
