/** What the evidence says of one question about means: an estimate, bounds that hold at every look, and whether the claim is proven. Pure. */
import type { Ask, Asked, Claim, Finding, Side } from '../kind.js';
import type { Range } from '../procedures/beta-binomial.js';
import type { Lane } from '../../workflows/contract/verdicts.js';
import type { Direction, MeansBody } from './body.js';
import { armDispersion, type Dispersion } from './dispersion.js';
import { type Evidence, type Pooled, mainShare, matched, totals, windowsIn } from './evidence.js';
import { findRatio } from './find-ratio.js';
import type { ArmCounts, Moments } from './moments.js';
import { allowance, offsetOfArm, offsetOfArms } from './offset.js';

export interface Question {
  moments: Moments;
  asked: Asked<MeansBody>;
  direction: Direction;
  ask: Ask;
  level: number;
}

export function findMeans(moments: Moments, asked: Asked<MeansBody>, side: Side): Finding | null {
  const ask = asked.rule[side];
  if (!ask) return null;
  const question = { moments, asked, direction: asked.body[side], ask, level: asked.levels[side] };
  if (ask.measure === 'ratio') return findRatio(question);
  return ask.measure === 'single' ? findSingle(question) : findDifference(question);
}

export function provenIn(range: Range, claim: Claim, limit: number): boolean {
  return claim === 'above' ? range.lower > limit : range.upper < limit;
}

function findSingle({ moments, asked, direction: { evidence }, ask, level }: Question): Finding {
  const { control, treated } = totals(evidence);
  const dispersion = dispersionOf(moments, asked, 'treated');
  const lane = ask.edge ? 'quantile' : 'absolute';
  if (treated.units <= 0) return unbounded(lane, level, dispersion, null);
  const estimate = treated.events / treated.units;
  const reach = moments.reach?.(treated, dispersion.factor, level) ?? 0;
  if (asked.brief && !points(ask, estimate, reach)) return unbounded(lane, level, dispersion, estimate);
  const { users, rule } = asked;
  const around =
    users === null
      ? 0
      : allowance(level) * offsetOfArm(users, mainShare(evidence), moments.between(treated)) * Math.abs(estimate);
  const bounds = (arm: ArmCounts, { factor }: Dispersion, at: number) =>
    moments.bounds(arm, tempering(asked, windowsIn(evidence), factor, at));
  const range = widened(bounds(treated, dispersion, level), around, moments.least, moments.most);
  const worse =
    !ask.besidesBaseline ||
    isWorse(
      rule.spec.better,
      bounds(control, dispersionOf(moments, asked, 'control'), level / 2),
      bounds(treated, dispersion, level / 2),
    );
  const proven = worse && provenIn(range, ask.claim, ask.limit);
  return { lane, level, eValue: null, dispersion, estimate, lower: range.lower, upper: range.upper, proven };
}

/** Written out, here and below: a spread costs more than all else a look does. */
function unbounded(lane: Lane, level: number, dispersion: Dispersion, estimate: number | null): Finding {
  return { lane, level, eValue: null, dispersion, estimate, lower: null, upper: null, proven: false };
}

/** More requests above the edge are harm where lower is better, and the other way round. */
function isWorse(better: 'lower' | 'higher', control: Range, treated: Range): boolean {
  return better === 'lower' ? treated.lower > control.upper : treated.upper < control.lower;
}

function findDifference({ moments, asked, direction: { evidence }, ask, level }: Question): Finding {
  const { control, treated } = matched(evidence);
  const ofControl = dispersionOf(moments, asked, 'control');
  const ofTreated = dispersionOf(moments, asked, 'treated');
  const larger = ofControl.factor > ofTreated.factor ? ofControl : ofTreated;
  if (treated.units <= 0 || control.units <= 0) return unbounded('absolute', level, larger, null);
  const risen = treated.events / treated.units - control.events / control.units;
  const harmful = asked.rule.spec.better === 'lower';
  const estimate = harmful ? risen : 0 - risen;
  const reach =
    (moments.reach?.(control, ofControl.factor, level / 2) ?? 0) +
    (moments.reach?.(treated, ofTreated.factor, level / 2) ?? 0);
  if (asked.brief && !points(ask, estimate, reach)) return unbounded('absolute', level, larger, estimate);
  const most = moments.most - moments.least;
  const rise = widened(
    riseOf(moments, asked, { control, treated }, evidence, [ofControl.factor, ofTreated.factor], level),
    offset(moments, asked, { control, treated }, evidence, level),
    -most,
    most,
  );
  const range = harmful ? rise : { lower: 0 - rise.upper, upper: 0 - rise.lower };
  const { lower, upper } = range;
  const proven = provenIn(range, ask.claim, ask.limit);
  return { lane: 'absolute', level, eValue: null, dispersion: larger, estimate, lower, upper, proven };
}

/** Each arm at half the level, or both at once where a kind can. */
function riseOf(
  moments: Moments,
  asked: Asked<MeansBody>,
  { control, treated }: Pooled,
  evidence: Evidence,
  [ofControl, ofTreated]: [number, number],
  level: number,
): Range {
  const windows = windowsIn(evidence);
  if (moments.rise) return moments.rise(control, treated, ofControl, tempering(asked, windows, ofTreated, level));
  const a = moments.bounds(control, tempering(asked, windows, ofControl, level / 2));
  const b = moments.bounds(treated, tempering(asked, windows, ofTreated, level / 2));
  return { lower: b.lower - a.upper, upper: b.upper - a.lower };
}

/** What chance may put between the means of arms of sticky users. */
function offset(
  moments: Moments,
  { users }: Asked<MeansBody>,
  { control, treated }: Pooled,
  evidence: Evidence,
  level: number,
): number {
  if (users === null) return 0;
  const mean = (control.events + treated.events) / (control.units + treated.units);
  const cv = Math.max(moments.between(control), moments.between(treated));
  return allowance(level) * offsetOfArms(users, mainShare(evidence), cv) * Math.abs(mean);
}

function dispersionOf(moments: Moments, asked: Asked<MeansBody>, arm: 'control' | 'treated'): Dispersion {
  return armDispersion(moments, asked.body.rollback.evidence, arm, asked.metric.calibration.frozen.factor);
}

function tempering(asked: Asked<MeansBody>, windows: number, factor: number, level: number) {
  const { planned } = asked.rule;
  const { mean, variance } = asked.metric.calibration.frozen;
  return { level, factor, windows, planned, usual: mean, usualVariance: variance };
}

/** Bounds lie around the estimate, no nearer than `reach`: where it does not point to the claim by more, they cannot prove it. */
function points(ask: Ask, estimate: number, reach: number): boolean {
  return ask.claim === 'above' ? estimate - reach > ask.limit : estimate + reach < ask.limit;
}

function widened({ lower, upper }: Range, by: number, least: number, most: number): Range {
  return { lower: Math.max(least, lower - by), upper: Math.min(most, upper + by) };
}
