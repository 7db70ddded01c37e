/**
 * Fairness: how far apart the groups of one arm are, by selection rate, true or false positive rate, or impact ratio. A
 * limit is on the candidate's gap, whatever the baseline's; a comparison is on the candidate's gap beyond that of the
 * baseline beside it, so that it is blamed for what it changed. Groups are the metric's slices. Pure, sandbox-safe.
 */
import type { Ask, Asked, Finding, Findings, Kind, Known, Numbers, Side } from '../kind.js';
import type { Dispersion } from '../means/dispersion.js';
import { compared, isSingle, single } from '../means/kind.js';
import { asymptoticHalfWidth } from '../procedures/asymptotic.js';
import { type Bounds, type Reach, excessBounds, gapBounds, widestPair } from '../procedures/gap.js';
import {
  type FairnessBody,
  type Sums,
  addWindow,
  countedOf,
  dispersionOf,
  groupsOf,
  isThin,
  measureOf,
  newBody,
  pairsOf,
  restartPromotion,
} from './fairness-body.js';
import { clause, outlook } from './fairness-sentence.js';

/** In so many ways a pair of the candidate may be shown to be no further apart than the baseline's groups. */
const WAYS = 3;

export const fairness: Kind<FairnessBody> = {
  acrossSlices: true,
  ask: (metric, word, { kind, value }) => {
    const isRatio = metric.kind === 'fairness' && metric.measure === 'impactRatio';
    if (!isSingle(word)) return kind === 'pp' || kind === 'abs' ? compared(word, 'difference', value) : null;
    return kind === 'abs' || kind === (isRatio ? 'relative' : 'pp') ? single(word, value) : null;
  },
  begin: newBody,
  restart: restartPromotion,
  add: addWindow,
  harm: ({ splitBroken, rule }, rollback) =>
    rollback?.proven && !(splitBroken && !rule.rollback?.everyone) ? 'groups' : null,
  find,
  counted: (body, side) => countedOf(body[side]),
  reasons: ({ body, rule }) => {
    if (!isThin(body, rule)) return [];
    const { onThin } = rule.spec.slices ?? { onThin: 'extend' };
    const code = { extend: null, hold: 'thinSliceHold', escalate: 'thinSliceEscalate' }[onThin];
    return ['thinSlice', 'insufficientData', ...(code === null ? [] : [code])];
  },
  numbers,
  clause,
  outlook,
};

function numbers({ rule }: Known<FairnessBody>, { rollback, promote }: Findings, failed: boolean): Numbers {
  const shown = failed ? (rollback ?? promote) : promote;
  return {
    estimate: shown?.estimate ?? null,
    lower: shown?.lower ?? null,
    upper: shown?.upper ?? null,
    rollbackLimit: rule.rollback?.limit ?? null,
    promoteLimit: rule.promote?.limit ?? 0,
  };
}

type About = Asked<FairnessBody>;

function find(asked: About, side: Side): Finding | null {
  const ask = asked.rule[side];
  if (!ask) return null;
  return ask.measure === 'single' ? findAlone(asked, side, ask) : findBeyond(asked, side, ask);
}

/** An impact ratio is one minus the gap of its measure. */
function findAlone(asked: About, side: Side, ask: Ask): Finding {
  const measure = measureOf(asked.rule);
  const groups = groupsOf(asked, side, 'candidate');
  const widest = widestPair(groups, measure);
  if (!widest) return finding(asked, side, ask, null, null);
  const level = asked.levels[side];
  const { lower, upper } = gapBounds(groups, measure, reachOf(asked, side, level, level));
  return measure === 'difference'
    ? finding(asked, side, ask, widest.distance, { lower, upper })
    : finding(asked, side, ask, 1 - widest.distance, { lower: 1 - upper, upper: 1 - lower });
}

/** How much wider the candidate's gap is than the baseline's; of an impact ratio, how much lower that is. */
function findBeyond(asked: About, side: Side, ask: Ask): Finding {
  const measure = measureOf(asked.rule);
  const [control, treated] = [groupsOf(asked, side, 'baseline'), groupsOf(asked, side, 'candidate')];
  const [before, now] = [widestPair(control, measure), widestPair(treated, measure)];
  if (!before || !now) return finding(asked, side, ask, null, null);
  const level = asked.levels[side];
  const reach = reachOf(asked, side, level, level / WAYS);
  return finding(asked, side, ask, now.distance - before.distance, excessBounds(control, treated, measure, reach));
}

/** In standard errors, which hold what windows scatter beyond chance; after one window nothing is known of that. */
function reachOf({ rule, body, metric }: About, side: Side, level: number, every: number): Reach {
  const { windows } = body[side];
  const n = dispersionOf(body[side], 'candidate').assumed ? 0 : windows;
  const at = (one: number): number => asymptoticHalfWidth({ n, variance: n, planned: rule.planned, level: one });
  return { any: at(level / pairsOf(metric.slices)), every: at(every) };
}

function finding(asked: About, side: Side, ask: Ask, estimate: number | null, bounds: Bounds | null): Finding {
  return {
    lane: 'groups',
    level: asked.levels[side],
    eValue: null,
    dispersion: larger(asked.body[side], ask),
    estimate,
    lower: bounds && bounds.lower,
    upper: bounds && bounds.upper,
    proven: bounds !== null && (ask.claim === 'above' ? bounds.lower > ask.limit : bounds.upper < ask.limit),
  };
}

/** Of the arms asked about. */
function larger(sums: Sums, { everyone }: Ask): Dispersion {
  const [control, treated] = [dispersionOf(sums, 'baseline'), dispersionOf(sums, 'candidate')];
  return everyone || treated.factor >= control.factor ? treated : control;
}
