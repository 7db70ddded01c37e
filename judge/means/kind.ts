/** A kind that compares means, from what tells it apart. Pure, sandbox-safe. */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Ask, Asked, Counted, Finding, Kind, LimitWord, Side } from '../kind.js';
import type { ParsedMargin } from '../margin.js';
import { type MeansBody, addWindow, newBody, newScratch, restartPromotion } from './body.js';
import { totals, windowsIn } from './evidence.js';
import { findMeans } from './find.js';
import { controlNearZero, fastProven } from './find-ratio.js';
import type { ArmCounts, Moments } from './moments.js';
import { numbersOf } from './numbers.js';
import { clause, outlook } from './sentence.js';
import { mainLaneReady } from '../procedures/main-lane.js';
import { cutTooOften } from '../procedures/winsor.js';

/** How the mean of a kind is shown: in the plan's own unit, and in words. */
export interface Showing {
  /** Where a mean of 0 and of 1 lie in the plan's unit. */
  scale(metric: MetricSpec): { zero: number; one: number };
  mean(x: number): string;
  difference(x: number): string;
}

export interface MeansKind {
  moments: Moments;
  shows: Showing;
  ask(metric: MetricSpec, word: LimitWord, margin: ParsedMargin): Ask | null;
}

/** The same five fields of an ask, whichever kind. */
export const single = (word: LimitWord, limit: number): Ask => ({
  measure: 'single',
  claim: word === 'provenAbove' ? 'above' : 'below',
  limit,
  edge: null,
  everyone: true,
  besidesBaseline: false,
});

export const compared = (word: LimitWord, measure: 'difference' | 'ratio', margin: number): Ask => ({
  measure,
  claim: word === 'provenWorseBy' ? 'above' : 'below',
  limit: word === 'provenBetterBy' ? 0 - margin : margin,
  edge: null,
  everyone: false,
  besidesBaseline: false,
});

export const isSingle = (word: LimitWord): boolean => word === 'provenAbove' || word === 'provenBelow';

export function meansKind(of: MeansKind): Kind<MeansBody> {
  const { moments } = of;
  const scratch = newScratch(moments);
  return {
    acrossSlices: false,
    ask: (metric, word, margin) => of.ask(metric, word, margin),
    begin: (rule, beginning) => newBody(moments, rule, beginning),
    restart: (body, rule) => restartPromotion(moments, body, rule),
    add: (body, rule, showing) => addWindow(moments, scratch, body, rule, showing),
    harm: (asked, rollback) => harmIn(moments, asked, rollback),
    find: (asked, side) => findMeans(moments, asked, side),
    counted,
    reasons: (asked) => reasonsOf(moments, asked),
    numbers: (asked, found, failed) => numbersOf(of, asked, found, failed),
    clause: (asked, found) => clause(of.shows, asked, found),
    outlook,
  };
}

/** A comparison of arms that are not split as planned proves nothing; one arm alone is not touched by it. */
function harmIn(moments: Moments, asked: Asked<MeansBody>, rollback: Finding | null) {
  const { rule, splitBroken } = asked;
  const compares = rule.rollback !== null && !rule.rollback.everyone;
  if (rollback?.proven && !(splitBroken && compares)) return rollback.lane;
  return !splitBroken && fastProven(moments, asked) ? 'fast' : null;
}

function counted(body: MeansBody, side: Side): Counted {
  const { evidence } = body[side];
  const { control, treated } = totals(evidence);
  // What was counted the other way round is told as it happened.
  const others = body.complement && body[side].batches !== null;
  const events = (arm: ArmCounts): number => (others ? arm.units - arm.events : arm.events);
  return {
    units: { baseline: control.units, candidate: treated.units },
    events: { baseline: events(control), candidate: events(treated) },
    windows: windowsIn(evidence),
  };
}

function reasonsOf(moments: Moments, asked: Asked<MeansBody>): string[] {
  const { body, rule, metric } = asked;
  const reasons: string[] = [];
  const { promote } = body;
  if (promote.edge?.missing) {
    const unfrozen = rule.promote?.edge?.kind === 'frozen' && metric.calibration.frozen.quantileMs === null;
    reasons.push(unfrozen ? 'noFrozenEdge' : 'noEdge');
  }
  const { batches } = promote;
  if (!moments.counts && batches && mainLaneReady(batches, null) && controlNearZero(asked, batches))
    reasons.push('controlNearZero');
  if (body.cut) reasons.push('winsorised');
  if (body.cut && cutTooOften(body.cut, windowsIn(body.rollback.evidence))) reasons.push('cutTooOften');
  return reasons;
}
