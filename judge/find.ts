/** What the evidence says of one question: an estimate, bounds that hold at every look, and whether the claim is proven. Pure. */
import { type Range, betaBinomialBounds } from './beta-binomial.js';
import { armDispersion } from './dispersion.js';
import { matched, totals } from './evidence.js';
import { findRatio } from './find-ratio.js';
import { type Finding, type Surroundings, mainShare } from './finding.js';
import { allowance, offsetOfArm, offsetOfArms } from './offset.js';
import type { Ask, Claim } from './rules.js';
import type { Direction, Process } from './state.js';

export function find(process: Process, direction: Direction, ask: Ask, level: number, around: Surroundings): Finding {
  if (ask.measure === 'ratio') return findRatio(process, direction, ask, level, around);
  return ask.measure === 'single'
    ? findSingle(process, direction, ask, level, around)
    : findDifference(process, direction, ask, level, around);
}

export function provenIn(range: Range, claim: Claim, limit: number): boolean {
  return claim === 'above' ? range.lower > limit : range.upper < limit;
}

function findSingle(
  process: Process,
  { evidence }: Direction,
  ask: Ask,
  level: number,
  { rule, recorded, users, brief }: Surroundings,
): Finding {
  const { control, treated } = totals(evidence);
  const dispersion = armDispersion(process.rollback.evidence, 'treated', recorded);
  const lane = ask.edge ? 'quantile' : 'absolute';
  const common = { lane, level, eValue: null, dispersion } as const;
  if (treated.units <= 0) return { ...common, estimate: null, lower: null, upper: null, proven: false };
  const estimate = treated.events / treated.units;
  if (brief && !points(ask, estimate)) return { ...common, estimate, lower: null, upper: null, proven: false };
  const around = allowance(level) * offsetOfArm(users, mainShare(evidence)) * estimate;
  const range = widened(tempered(treated, dispersion.factor, level), around, 0);
  const worse =
    !ask.besidesBaseline ||
    isWorse(
      rule.spec.better,
      tempered(control, armDispersion(process.rollback.evidence, 'control', recorded).factor, level / 2),
      tempered(treated, dispersion.factor, level / 2),
    );
  return { ...common, estimate, ...range, proven: worse && provenIn(range, ask.claim, ask.limit) };
}

/** More requests above the edge are harm where lower is better, and the other way round. */
function isWorse(better: 'lower' | 'higher', control: Range, treated: Range): boolean {
  return better === 'lower' ? treated.lower > control.upper : treated.upper < control.lower;
}

function findDifference(
  process: Process,
  { evidence }: Direction,
  ask: Ask,
  level: number,
  { rule, recorded, users, brief }: Surroundings,
): Finding {
  const { control, treated } = matched(evidence);
  const dispersion = {
    control: armDispersion(process.rollback.evidence, 'control', recorded),
    treated: armDispersion(process.rollback.evidence, 'treated', recorded),
  };
  const larger = dispersion.control.factor > dispersion.treated.factor ? dispersion.control : dispersion.treated;
  const common = { lane: 'absolute', level, eValue: null, dispersion: larger } as const;
  if (treated.units <= 0 || control.units <= 0)
    return { ...common, estimate: null, lower: null, upper: null, proven: false };
  const risen = treated.events / treated.units - control.events / control.units;
  const harmful = rule.spec.better === 'lower';
  const estimate = harmful ? risen : 0 - risen;
  if (brief && !points(ask, estimate)) return { ...common, estimate, lower: null, upper: null, proven: false };
  const [a, b] = [
    tempered(control, dispersion.control.factor, level / 2),
    tempered(treated, dispersion.treated.factor, level / 2),
  ];
  const rate = (control.events + treated.events) / (control.units + treated.units);
  const around = allowance(level) * offsetOfArms(users, mainShare(evidence)) * rate;
  const rise = widened({ lower: b.lower - a.upper, upper: b.upper - a.lower }, around, -1);
  const range = harmful ? rise : { lower: 0 - rise.upper, upper: 0 - rise.lower };
  return { ...common, estimate, ...range, proven: provenIn(range, ask.claim, ask.limit) };
}

/** Bounds lie around the estimate: where it does not even point to the claim, they cannot prove it. */
function points(ask: Ask, estimate: number): boolean {
  return ask.claim === 'above' ? estimate > ask.limit : estimate < ask.limit;
}

function tempered({ units, events }: { units: number; events: number }, factor: number, level: number): Range {
  return betaBinomialBounds(events / factor, units / factor, level);
}

function widened({ lower, upper }: Range, by: number, least: number): Range {
  return { lower: Math.max(least, lower - by), upper: Math.min(1, upper + by) };
}
