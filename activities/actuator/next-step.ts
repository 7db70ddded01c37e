/**
 * Which way an order goes, from what the store itself says is in force: only the next step of the plan leads up. Pure.
 */
import { type Place, placesOf } from '../../evidence/walk.js';
import type { RaiseInput } from '../../workflows/contract/activities.js';
import type { ExposureState } from '../../workflows/contract/exposure.js';
import type { Exposure, Plan } from '../../workflows/contract/plan.js';
import { planMismatch } from './pinned.js';
import { failure } from '../failures.js';

export type Aim =
  /** What is in force already, written once more: after an edit by hand, or by another attempt. */
  | { kind: 'again' }
  /** Nobody gets the candidate who has not got it. */
  | { kind: 'lower' }
  | { kind: 'raise'; to: Place };

/** Throws planMismatch for an exposure that is not the plan's, notNextStep for one that is not next. */
export function aimOf(plan: Plan, state: ExposureState, order: Pick<RaiseInput, keyof Named>): Aim {
  const { rolloutId, exposure } = order;
  const isOurs = state.rolloutId === rolloutId && state.mode !== 'serving';
  if (isOurs && state.mode === 'promoted') throw notNext(order, 'the candidate is promoted already');
  if (isOurs && isSameExposure(state, exposure)) return { kind: 'again' };
  const places = placesOf(plan);
  const to = placeOf(places, order);
  if (!isOurs) {
    if (to.index === 0) return { kind: 'raise', to };
    throw notNext(order, 'nothing of this rollout is in force');
  }
  if (!exceeds(exposure, state)) return { kind: 'lower' };
  const isNext = places.some((place) => isSameExposure(place.exposure, state) && to.index <= place.index + 1);
  if (isNext) return { kind: 'raise', to };
  throw notNext(order, `${written(state)} is in force`);
}

interface Named {
  rolloutId: string;
  stage: string;
  step: number;
  exposure: Exposure;
}

function placeOf(places: readonly Place[], { stage, step, exposure }: Named): Place {
  const place = places.find((each) => each.stage === stage && each.step === step);
  if (place && isSameExposure(place.exposure, exposure)) return place;
  const asked = `Stage ${stage} step ${step + 1} with ${written(exposure)} is asked for`;
  const planned = place ? `the pinned plan has ${written(place.exposure)} there` : 'the pinned plan has no such step';
  throw planMismatch(`${asked}, and ${planned}.`);
}

/** Somebody would get the candidate who does not get it at `than`. */
export function exceeds(exposure: Exposure, than: Exposure): boolean {
  return exposure.share > than.share || exposure.cohorts.some((cohort) => !than.cohorts.includes(cohort));
}

export function isSameExposure(one: Exposure, other: Exposure): boolean {
  return !exceeds(one, other) && !exceeds(other, one);
}

export function written({ share, cohorts }: Exposure): string {
  const also = cohorts.length > 0 ? ` and cohorts ${cohorts.join(', ')}` : '';
  return `${Number((share * 100).toFixed(3))} %${also}`;
}

function notNext({ stage, step }: Named, why: string): Error {
  return failure('notNextStep', `Stage ${stage} step ${step + 1} is not the next of the pinned plan: ${why}.`);
}
