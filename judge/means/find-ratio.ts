/**
 * Relative margins: grid and main lane side by side, half the level each, for counts; the main lane alone for other
 * means; and the fast lane for disasters. Everything is turned so that a ratio above one is harm, whichever event is
 * counted. Pure, sandbox-safe.
 */
import type { Ask, Asked, Finding } from '../kind.js';
import { betaBinomialBounds } from '../procedures/beta-binomial.js';
import { gridProves, lnEvidence } from '../procedures/grid.js';
import {
  type Batches,
  type MainQuestion,
  batchesIn,
  mainLaneReady,
  mergeOf,
  nearZero,
  ratioOf,
  ratioRange,
  refutes,
} from '../procedures/main-lane.js';
import type { GateRule } from '../rules.js';
import type { MeansBody } from './body.js';
import { ASSUMED_FACTOR, type Dispersion, ratioDispersion } from './dispersion.js';
import { type Pooled, mainShare, matched, totals } from './evidence.js';
import type { Question } from './find.js';
import { goodEvents, harmRatio, turned, withOffset } from './harm.js';
import type { Moments } from './moments.js';

export function findRatio(question: Question): Finding {
  const { moments, asked, direction, ask, level } = question;
  const { grid, batches, evidence } = direction;
  const { rule, body, users, brief } = asked;
  const recorded = asked.metric.calibration.frozen.factor;
  const limit = harmRatio(rule, body, ask.limit);
  const each = grid ? level / 2 : level;
  const factor = grid ? ratioDispersion(body.rollback.evidence) : Number.POSITIVE_INFINITY;
  const gridSpeaks = grid !== null && limit > 0 && Number.isFinite(factor);
  const byGrid = gridSpeaks && gridProves(grid, factor, each);
  const main: MainQuestion = {
    level: each,
    planned: Math.max(30, rule.planned / (batches ? mergeOf(batches) : 1)),
    factor: recorded === null ? ASSUMED_FACTOR : 1,
    least: leastOf(question),
  };
  const ready = batches !== null && limit > 0 && mainSpeaks(question, batches, limit);
  const offset =
    users === null ? limit : withOffset(limit, ask.claim, level, users, mainShare(evidence), betweenUsers(question));
  const byMain = ready && refutes(batches, main, offset, ask.claim);
  const proven = byGrid || byMain;
  const lane = byMain || (ready && !byGrid) || !grid ? 'main' : 'grid';
  const dispersion: Dispersion =
    lane === 'main'
      ? { factor: main.factor, assumed: recorded === null }
      : { factor: Number.isFinite(factor) ? factor : ASSUMED_FACTOR, assumed: !Number.isFinite(factor) };
  if (brief)
    return { lane, level, dispersion, proven, estimate: estimateOf(evidence), lower: null, upper: null, eValue: null };
  const shown =
    lane === 'grid' || !batches || batchesIn(batches) === 0
      ? conditionalRange(turned(rule, body, matched(evidence)), moments.counts ? dispersion.factor : null, each)
      : { estimate: ratioOf(batches), ...ratioRange(batches, main) };
  const margins = shownAs(rule, body, shown);
  const lnE = gridSpeaks ? lnEvidence(grid, factor) : null;
  return {
    lane,
    level,
    dispersion,
    proven,
    ...(proven ? clamped(margins, ask) : margins),
    eValue: lnE === null ? null : Math.exp(Math.min(lnE, 700)),
  };
}

const NOTHING = { u: 0, v: 0 };

/** What units alone explain of the scatter of batches of average size. */
function leastOf({ moments, asked, direction: { batches, evidence } }: Question): MainQuestion['least'] {
  if (!moments.heavyTails || !batches || batchesIn(batches) === 0) return NOTHING;
  const { control, treated } = turned(asked.rule, asked.body, totals(evidence));
  const usual = asked.metric.calibration.frozen.variance ?? 0;
  const variance = Math.max(moments.variance(control), moments.variance(treated), usual);
  const weight = (control.units * treated.units) / (control.units + treated.units) / batchesIn(batches);
  return {
    u: (variance * weight * control.units) / (control.units + treated.units),
    v: (variance * weight * treated.units) / (control.units + treated.units),
  };
}

/** As a fraction of the mean, measured where the kind can measure it. */
function betweenUsers({ moments, asked }: Question): number {
  const { control, treated } = totals(asked.body.rollback.evidence);
  return Math.max(moments.between(control), moments.between(treated));
}

/** Only whether there is one matters to a brief look. */
function estimateOf(evidence: MeansBody['rollback']['evidence']): number | null {
  for (const [, , control, treated] of evidence) if (control[0] > 0 && treated[0] > 0) return 0;
  return null;
}

/** Few events at the margin leave a promotion of counts to the grid; a control near zero leaves means without a ratio. */
function mainSpeaks({ moments, asked, ask }: Question, batches: Batches, limit: number): boolean {
  if (!mainLaneReady(batches, moments.counts && ask.claim === 'below' ? limit : null)) return false;
  return moments.counts || !controlNearZero(asked, batches);
}

/** Where more is better the arms are turned round, and the baseline is the treated one. */
export function controlNearZero({ rule, body }: Asked<MeansBody>, batches: Batches): boolean {
  return nearZero(batches, goodEvents(rule, body) ? 'treated' : 'control');
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
function shownAs(rule: GateRule, body: MeansBody, { estimate, lower, upper }: Shown): Shown {
  const good = goodEvents(rule, body);
  const margin = (ratio: number | null) => {
    if (ratio === null || Number.isNaN(ratio)) return null;
    const value = good ? 1 - 1 / ratio : ratio - 1;
    return Number.isFinite(value) ? value : null;
  };
  const shown = { estimate: margin(estimate), lower: margin(lower), upper: margin(upper) };
  if (shown.estimate === null) return shown;
  // Of means that may fall below nought the ratio has no bound on that side; no bound may lie beyond the estimate.
  if (shown.lower !== null) shown.lower = Math.min(shown.lower, shown.estimate);
  if (shown.upper !== null) shown.upper = Math.max(shown.upper, shown.estimate);
  return shown;
}

/** What one lane has proven, the bounds of the other must not seem to deny. */
function clamped(shown: Shown, ask: Ask): Shown {
  if (ask.claim === 'above') return { ...shown, lower: Math.max(shown.lower ?? ask.limit, ask.limit) };
  return { ...shown, upper: Math.min(shown.upper ?? ask.limit, ask.limit) };
}

/** The disaster lane: is the harm ratio beyond what the plan's fast lane tolerates, at least? */
export function fastProven(moments: Moments, { body, rule, levels, metric }: Asked<MeansBody>): boolean {
  if (rule.fastRatio === null || levels.fast <= 0) return false;
  const factor = metric.calibration.frozen.factor ?? ASSUMED_FACTOR;
  if (!gridProves(body.fast, factor, levels.fast)) return false;
  const { control, treated } = totals(body.rollback.evidence);
  if (control.units <= 0 || treated.units <= 0) return false;
  if (!moments.either) return true;
  const raw = control.events / control.units;
  const counted = body.complement && rule.rollback?.measure !== 'ratio' ? 1 - raw : raw;
  // A rate cannot exceed one: there the lane could never speak, or only wrongly.
  return rule.fastRatio * counted < 1;
}
