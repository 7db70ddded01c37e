/**
 * Relative margins: grid and main lane side by side, half the level each; and the fast lane for disasters. Everything
 * is turned so that a ratio above one is harm, whichever event is counted. Pure, sandbox-safe.
 */
import { betaBinomialBounds } from './beta-binomial.js';
import { ASSUMED_FACTOR, type Dispersion, ratioDispersion } from './dispersion.js';
import { type Pooled, type WindowCounts, matched, totals } from './evidence.js';
import { type Finding, type Surroundings, mainShare } from './finding.js';
import { FAST_GRID, lnEvidence } from './grid.js';
import { type MainQuestion, mainLaneReady, ratioRange, refutes } from './main-lane.js';
import { allowance, offsetOfArms } from './offset.js';
import type { Ask, GateRule } from './rules.js';
import type { Direction, Process } from './state.js';

/** The candidate's events are good ones: then its harm is the baseline's rate over its own. */
function goodEvents(rule: GateRule, process: Pick<Process, 'complement'>): boolean {
  return (rule.spec.better === 'higher') !== process.complement;
}

/** Counts turned so that more of the treated arm's events is harm. */
export function turned(rule: GateRule, process: Pick<Process, 'complement'>, counts: WindowCounts): WindowCounts {
  return goodEvents(rule, process) ? { control: counts.treated, treated: counts.control } : counts;
}

/** Counts of the rarer side. */
export function complemented(counts: WindowCounts): WindowCounts {
  const others = ({ units, events }: { units: number; events: number }) => ({ units, events: units - events });
  return { control: others(counts.control), treated: others(counts.treated) };
}

/** The ratio of harm at a margin: `25%` worse is 1.25 errors for one, or three quarters of the successes. */
export function harmRatio(rule: GateRule, process: Pick<Process, 'complement'>, margin: number): number {
  if (!goodEvents(rule, process)) return Math.max(0, 1 + margin);
  return margin >= 1 ? 0 : 1 / (1 - margin);
}

/** Room for sticky users: a claim above needs a larger ratio, a claim below a smaller one. */
export function withOffset(ratio: number, claim: Ask['claim'], level: number, users: number | null, share: number) {
  const shift = Math.exp(allowance(level) * offsetOfArms(users, share));
  return claim === 'above' ? ratio * shift : ratio / shift;
}

export function findRatio(
  process: Process,
  direction: Direction,
  ask: Ask,
  level: number,
  around: Surroundings,
): Finding {
  const { rule, recorded, users } = around;
  const { grid, batches, evidence } = direction;
  const [half, limit] = [level / 2, harmRatio(rule, process, ask.limit)];
  const factor = ratioDispersion(process.rollback.evidence);
  const lnE = grid && limit > 0 && Number.isFinite(factor) ? lnEvidence(grid, factor) : null;
  const byGrid = lnE !== null && lnE >= -Math.log(half);
  const question: MainQuestion = {
    level: half,
    planned: Math.max(30, rule.planned / (batches?.merge ?? 1)),
    factor: recorded === null ? ASSUMED_FACTOR : 1,
  };
  const offset = withOffset(limit, ask.claim, level, users, mainShare(evidence));
  const ready = batches !== null && limit > 0 && mainLaneReady(batches, ask.claim === 'below' ? limit : null);
  const byMain = ready && refutes(batches, question, offset, ask.claim);
  const lane = byMain || (ready && !byGrid) ? 'main' : 'grid';
  const dispersion: Dispersion =
    lane === 'main'
      ? { factor: question.factor, assumed: recorded === null }
      : { factor: Number.isFinite(factor) ? factor : ASSUMED_FACTOR, assumed: !Number.isFinite(factor) };
  const shown =
    around.brief || lane === 'grid' || !batches
      ? conditionalRange(turned(rule, process, matched(evidence)), around.brief ? null : dispersion.factor, half)
      : { estimate: batches.u / batches.v, ...ratioRange(batches, question) };
  const margins = shownAs(rule, process, shown);
  return {
    lane,
    level,
    dispersion,
    ...(byGrid || byMain ? clamped(margins, ask) : margins),
    eValue: lnE === null ? null : Math.exp(Math.min(lnE, 700)),
    proven: byGrid || byMain,
  };
}

interface Shown {
  estimate: number | null;
  lower: number | null;
  upper: number | null;
}

/** Given all events, the treated arm's share of them fixes the ratio; without a factor no bounds are asked for. */
function conditionalRange({ control, treated }: Pooled, factor: number | null, level: number): Shown {
  const events = control.events + treated.events;
  if (events <= 0 || control.units <= 0 || treated.units <= 0) return { estimate: null, lower: null, upper: null };
  const perUnit = control.units / treated.units;
  const ratio = (share: number) => (share >= 1 ? Number.POSITIVE_INFINITY : (share / (1 - share)) * perUnit);
  const estimate = ratio(treated.events / events);
  if (factor === null) return { estimate, lower: null, upper: null };
  const range = betaBinomialBounds(treated.events / factor, events / factor, level);
  return { estimate, lower: ratio(range.lower), upper: ratio(range.upper) };
}

/** From a ratio of harm to the margin as the plan writes it; infinity, which JSON lacks, is no bound. */
function shownAs(rule: GateRule, process: Process, { estimate, lower, upper }: Shown): Shown {
  const good = goodEvents(rule, process);
  const margin = (ratio: number | null) => {
    if (ratio === null || Number.isNaN(ratio)) return null;
    const value = good ? 1 - 1 / ratio : ratio - 1;
    return Number.isFinite(value) ? value : null;
  };
  return { estimate: margin(estimate), lower: margin(lower), upper: margin(upper) };
}

/** What one lane has proven, the bounds of the other must not seem to deny. */
function clamped(shown: Shown, ask: Ask): Shown {
  if (ask.claim === 'above') return { ...shown, lower: Math.max(shown.lower ?? ask.limit, ask.limit) };
  return { ...shown, upper: Math.min(shown.upper ?? ask.limit, ask.limit) };
}

/** The disaster lane: is the harm ratio beyond what the plan's fast lane tolerates, at least? */
export function fastProven(process: Process, level: number, { rule, recorded }: Surroundings): boolean {
  if (rule.fastRatio === null || level <= 0) return false;
  const { control, treated } = totals(process.rollback.evidence);
  if (control.units <= 0 || treated.units <= 0) return false;
  const raw = control.events / control.units;
  const counted = process.complement && rule.rollback?.measure !== 'ratio' ? 1 - raw : raw;
  // A rate cannot exceed one: there the lane could never speak, or only wrongly.
  if (rule.fastRatio * counted >= 1) return false;
  return lnEvidence(process.fast, recorded ?? ASSUMED_FACTOR) >= -Math.log(level);
}

export const newFast = (): number[] => FAST_GRID.map(() => 0);
