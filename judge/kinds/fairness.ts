/**
 * Fairness: how far apart the groups of one arm are, by selection rate, true or false positive rate (difference of the
 * extremes) or impact ratio (lowest over highest selection rate; 29 CFR 1607.4D). Bounds hold for every pair of groups at
 * once; a comparison holds the candidate's gap against the control's, so that it is blamed for what it changed.
 * Pure, sandbox-safe.
 */
import type { Cell } from '../../workflows/contract/windows.js';
import type { Ask, Asked, Counted, Finding, Findings, Kind, Numbers, Side, Unworded } from '../kind.js';
import { compared, isSingle, single } from '../means/kind.js';
import { ASSUMED_FACTOR } from '../means/dispersion.js';
import { type Range, betaBinomialBounds } from '../procedures/beta-binomial.js';
import { percent, points } from '../words.js';

/** Groups smaller than this, or with fewer than ten expected of either kind, say nothing (statistics.md 4). */
const LEAST_UNITS = 100;
const LEAST_EXPECTED = 10;
/** More groups would swell the state; the largest are taken when judging begins. */
const MOST_GROUPS = 16;

type Group = [name: string, controlUnits: number, controlEvents: number, units: number, events: number];
interface Sums {
  windows: number;
  groups: Group[];
}

export interface FairnessBody {
  rollback: Sums;
  promote: Sums;
}

const noSums = (): Sums => ({ windows: 0, groups: [] });

export const fairness: Kind<FairnessBody> = {
  acrossSlices: true,
  ask: (metric, word, { kind, value }) => {
    const ratio = metric.kind === 'fairness' && metric.measure === 'impactRatio';
    if (isSingle(word)) {
      const fits = ratio ? kind === 'relative' || kind === 'abs' : kind === 'pp' || kind === 'abs';
      return fits ? single(word, value) : null;
    }
    return kind === 'pp' || kind === 'abs' ? compared(word, 'difference', value) : null;
  },
  begin: () => ({ rollback: noSums(), promote: noSums() }),
  restart: (body) => {
    body.promote = noSums();
  },
  add: (body, rule, { window, cells }) => {
    const randomised = window.share > 0 && window.share < 1;
    const everyone = rule.promote?.everyone ?? true;
    if (!everyone && !randomised) return;
    addGroups(body.rollback, cells, everyone);
    if (window.phase === 'bake') addGroups(body.promote, cells, everyone);
  },
  harm: ({ splitBroken, rule }, rollback) =>
    rollback?.proven && !(splitBroken && !rule.rollback?.everyone) ? 'groups' : null,
  find,
  counted: (body, side): Counted => {
    const { windows, groups } = body[side];
    const total = (column: 1 | 2 | 3 | 4) => groups.reduce((sum, group) => sum + group[column], 0);
    return {
      windows,
      units: { baseline: total(1), candidate: total(3) },
      events: { baseline: total(2), candidate: total(4) },
    };
  },
  reasons: ({ body, rule }) => {
    const seen = body.promote.groups;
    const thin = seen.some(([, , , units, events]) => isThin(units, events));
    const reasons = seen.length < 2 || thin ? ['thinSlice', 'insufficientData'] : [];
    const { onThin } = rule.spec.slices ?? { onThin: 'extend' };
    if (thin && onThin === 'hold') reasons.push('thinSliceHold');
    if (thin && onThin === 'escalate') reasons.push('thinSliceEscalate');
    return reasons;
  },
  numbers: (asked, { rollback, promote }: Findings, failed): Numbers => {
    const shown = failed ? rollback : promote;
    return {
      estimate: shown?.estimate ?? null,
      lower: shown?.lower ?? null,
      upper: shown?.upper ?? null,
      rollbackLimit: asked.rule.rollback?.limit ?? null,
      promoteLimit: asked.rule.promote?.limit ?? 0,
    };
  },
  clause: (asked, found) => clause(asked, found),
  outlook: (asked, found) =>
    found.reasons.includes('thinSlice')
      ? `Every group needs at least ${LEAST_UNITS} units, and 10 of either kind`
      : null,
};

function addGroups(sums: Sums, cells: readonly Cell[], everyone: boolean): void {
  sums.windows += 1;
  for (const { arm, via, slice, payload } of cells) {
    if (slice === null || payload.kind !== 'rate') continue;
    if (via !== 'share' && !(everyone && arm === 'candidate' && via !== 'none')) continue;
    const group = groupOf(sums, slice);
    if (!group) continue;
    const at = arm === 'baseline' ? 1 : 3;
    group[at] += payload.units;
    group[at + 1] = (group[at + 1] as number) + payload.events;
  }
}

function groupOf({ groups }: Sums, name: string): Group | null {
  const known = groups.find((group) => group[0] === name);
  if (known || groups.length >= MOST_GROUPS) return known ?? null;
  const fresh: Group = [name, 0, 0, 0, 0];
  groups.push(fresh);
  return fresh;
}

function isThin(units: number, events: number): boolean {
  return units < LEAST_UNITS || Math.min(events, units - events) < LEAST_EXPECTED;
}

interface Gap {
  estimate: number;
  range: Range;
  /** The group worst off, and the one best off. */
  between: [string, string];
}

/** The widest gap between two groups of one arm; bounds at the level, shared by all pairs. Null with fewer than two groups. */
function gapOf(groups: readonly Group[], arm: 'control' | 'treated', ratio: boolean, level: number): Gap | null {
  const [u, e] = arm === 'control' ? ([1, 2] as const) : ([3, 4] as const);
  const seen = groups.filter((group) => group[u] > 0);
  if (seen.length < 2) return null;
  // One confidence sequence per group covers all pairs at once (Bonferroni over groups, both sides).
  const rates = seen.map((group) => {
    const [units, events] = [group[u] / ASSUMED_FACTOR, group[e] / ASSUMED_FACTOR];
    return {
      name: group[0],
      rate: events / units,
      range: betaBinomialBounds(events, units, level / (2 * seen.length)),
    };
  });
  const least = rates.reduce((a, b) => (b.rate < a.rate ? b : a));
  const most = rates.reduce((a, b) => (b.rate > a.rate ? b : a));
  const lowest = {
    lower: Math.min(...rates.map((r) => r.range.lower)),
    upper: Math.min(...rates.map((r) => r.range.upper)),
  };
  const highest = {
    lower: Math.max(...rates.map((r) => r.range.lower)),
    upper: Math.max(...rates.map((r) => r.range.upper)),
  };
  const between: [string, string] = [least.name, most.name];
  if (ratio) {
    const over = (a: number, b: number): number => (b > 0 ? Math.min(1, a / b) : 1);
    const range = { lower: over(lowest.lower, highest.upper), upper: over(lowest.upper, highest.lower) };
    return { estimate: over(least.rate, most.rate), range, between };
  }
  const range = { lower: Math.max(0, highest.lower - lowest.upper), upper: highest.upper - lowest.lower };
  return { estimate: most.rate - least.rate, range, between };
}

const isRatio = ({ rule }: Asked<FairnessBody>): boolean =>
  rule.spec.kind === 'fairness' && rule.spec.measure === 'impactRatio';

function find(asked: Asked<FairnessBody>, side: Side): Finding | null {
  const { rule, body, levels } = asked;
  const ask = rule[side];
  if (!ask) return null;
  const level = levels[side];
  const dispersion = { factor: ASSUMED_FACTOR, assumed: true };
  const common = { lane: 'groups', level, eValue: null, dispersion } as const;
  const found = ask.measure === 'single' ? alone(asked, side, level) : excess(asked, side, level);
  if (!found) return { ...common, estimate: null, lower: null, upper: null, proven: false };
  const { lower, upper } = found.range;
  const proven = ask.claim === 'above' ? lower > ask.limit : upper < ask.limit;
  const enough = side === 'promote' || !body.rollback.groups.every(([, , , units]) => units < LEAST_UNITS);
  return { ...common, estimate: found.estimate, lower, upper, proven: proven && enough };
}

function alone(asked: Asked<FairnessBody>, side: Side, level: number): Gap | null {
  return gapOf(asked.body[side].groups, 'treated', isRatio(asked), level);
}

/** The candidate's gap minus the control's: positive is harm. An impact ratio that falls is harm as well. */
function excess(asked: Asked<FairnessBody>, side: Side, level: number): Gap | null {
  const { groups } = asked.body[side];
  const ratio = isRatio(asked);
  const [control, treated] = [gapOf(groups, 'control', ratio, level / 2), gapOf(groups, 'treated', ratio, level / 2)];
  if (!control || !treated) return null;
  const [more, less] = ratio ? [control, treated] : [treated, control];
  return {
    estimate: more.estimate - less.estimate,
    range: { lower: more.range.lower - less.range.upper, upper: more.range.upper - less.range.lower },
    between: treated.between,
  };
}

const MEASURES = {
  selectionRate: 'the gap in selection rate',
  truePositiveRate: 'the gap in true positive rate',
  falsePositiveRate: 'the gap in false positive rate',
  impactRatio: 'the impact ratio',
} as const;

function clause(asked: Asked<FairnessBody>, found: Unworded): string {
  const { rule } = asked;
  const failed = found.verdict === 'fail';
  const ask: Ask | null = failed ? rule.rollback : rule.promote;
  const measure = rule.spec.kind === 'fairness' ? MEASURES[rule.spec.measure] : 'the gap';
  const gap = alone(asked, failed ? 'rollback' : 'promote', found.level);
  if (found.estimate === null || !ask || !gap) return `${rule.metric}: fewer than two groups seen yet`;
  const [worst, best] = gap.between;
  const ratio = isRatio(asked);
  const show = ratio && ask.measure === 'single' ? percent : points;
  const bound = ask.claim === 'above' ? found.lower : found.upper;
  const limit = show((failed ? found.rollbackLimit : found.promoteLimit) ?? 0);
  const side = ask.claim === 'above' ? 'at least' : 'at most';
  const sure = bound === null ? '' : `, ${side} ${show(bound)}`;
  const what = ask.measure === 'single' ? measure : `${measure}, candidate against baseline, has worsened by`;
  const link = ask.measure === 'single' ? ' is' : '';
  return `${rule.metric}: ${what}${link} ${show(found.estimate)}${sure} (between ${worst} and ${best}); the limit is ${limit}`;
}
