/**
 * State to what a flag serves: variants, default variant, targeting. Order of the targeting (DESIGN section 14):
 * lease, missing key, cohorts in plan order, `fractional`. Pure.
 */
import type { FlagRecord, Versions } from './flag-metadata.js';

/** Constant total, candidate first (in a hold-back: baseline last), so a larger share only ever adds users. */
export const TOTAL_WEIGHT = 100_000;

export type Rule = string | number | boolean | null | Rule[] | { [operator: string]: Rule };

export interface Served {
  variants: Record<string, string>;
  defaultVariant: string;
  targeting: Rule | null;
}

/** What evaluators serve for this state; `state.cohorts` of a promoted flag keep the candidate through the hold-back. */
export function render({ state, versions }: FlagRecord): Served {
  const { baseline, candidate } = versions;
  if (state.mode === 'serving') return plain(baseline);
  const salt = state.rolloutId ?? '';
  if (state.mode === 'promoted') {
    const weight = weightOf(1 - state.holdBack);
    if (weight === TOTAL_WEIGHT) return plain(candidate);
    const targeting = users(versions, state.cohorts, candidate, split(versions, salt, weight));
    return { variants: variants(versions, state.cohorts, candidate), defaultVariant: candidate, targeting };
  }
  const inner = users(versions, state.cohorts, baseline, split(versions, salt, weightOf(state.share)));
  return {
    variants: variants(versions, state.cohorts, baseline),
    defaultVariant: baseline,
    targeting: state.leaseUntilMs === null ? inner : leased(inner, state.leaseUntilMs, baseline),
  };
}

/** Integer weight of a share; DESIGN allows 0..1 and the smallest step is 0.001 %. */
export function weightOf(share: number): number {
  return Math.round(share * TOTAL_WEIGHT);
}

/** Version outside any rollout. */
export function defaultVersion({ state, versions }: FlagRecord): string {
  return state.mode === 'promoted' ? versions.candidate : versions.baseline;
}

/**
 * Moves the lease of a targeting and nothing else in it, so that a renewal cannot undo a hand edit that lowered exposure.
 * Null: there is no such lease rule any more.
 */
export function moveLease(targeting: unknown, fromMs: number, toMs: number, baseline: string): Rule | null {
  const rule = targeting as { if?: Rule[] } | null;
  const inner = Array.isArray(rule?.if) ? rule.if[1] : undefined;
  if (inner === undefined) return null;
  const expected = JSON.stringify(leased(inner, fromMs, baseline));
  return JSON.stringify(targeting) === expected ? leased(inner, toMs, baseline) : null;
}

function plain(version: string): Served {
  return { variants: { [version]: version }, defaultVariant: version, targeting: null };
}

function variants({ baseline, candidate }: Versions, cohorts: string[], fallback: string): Record<string, string> {
  const named = cohorts.map((cohort): [string, string] => [`${candidate}:${cohort}`, candidate]);
  return { [baseline]: baseline, [candidate]: candidate, ...Object.fromEntries(named), [`${fallback}:none`]: fallback };
}

/** Seconds, as evaluators' clocks tell them; the state's milliseconds are whole seconds. */
function leased(inner: Rule, leaseUntilMs: number, baseline: string): Rule {
  return { if: [{ '<': [{ var: '$flagd.timestamp' }, leaseUntilMs / 1000] }, inner, `${baseline}:none`] };
}

function users(versions: Versions, cohorts: string[], fallback: string, byShare: Rule): Rule {
  const keyless: Rule[] = [{ '!': [{ var: 'targetingKey' }] }, `${fallback}:none`];
  const named = cohorts.flatMap((cohort): Rule[] => [
    { '===': [{ var: versions.cohortAttribute }, cohort] },
    `${versions.candidate}:${cohort}`,
  ]);
  return { if: [...keyless, ...named, byShare] };
}

/** Salted with the rollout: who is early in one rollout is not for that reason early in the next. */
function split({ baseline, candidate }: Versions, salt: string, weight: number): Rule {
  if (weight <= 0) return baseline;
  if (weight >= TOTAL_WEIGHT) return candidate;
  const by: Rule = { cat: [salt, { var: 'targetingKey' }] };
  return { fractional: [by, [candidate, weight], [baseline, TOTAL_WEIGHT - weight]] };
}
