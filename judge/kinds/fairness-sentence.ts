/** What was found of the gap between groups, in words: between whom, how wide, against which limit. Pure, sandbox-safe. */
import type { Asked, Side, Unworded } from '../kind.js';
import { type Group, type Pair, widestPair } from '../procedures/gap.js';
import { count, percent, points } from '../words.js';
import { type FairnessBody, groupsOf, measureOf, needed, thinnest } from './fairness-body.js';

type About = Asked<FairnessBody>;

const MEASURES = {
  selectionRate: 'the gap in selection rate',
  truePositiveRate: 'the gap in true positive rate',
  falsePositiveRate: 'the gap in false positive rate',
  impactRatio: 'the impact ratio',
} as const;

export function clause(asked: About, found: Unworded): string {
  const { rule } = asked;
  const side: Side = found.verdict === 'fail' && rule.rollback ? 'rollback' : 'promote';
  const ask = rule[side];
  const pair = widestPair(groupsOf(asked, side, 'candidate'), measureOf(rule));
  if (found.estimate === null || !ask || !pair) return `${rule.metric}: fewer than two groups seen yet`;
  const limit = (side === 'rollback' ? found.rollbackLimit : found.promoteLimit) ?? 0;
  const bound = ask.claim === 'above' ? found.lower : found.upper;
  const words = { asked, estimate: found.estimate, bound, atLeast: ask.claim === 'above', limit, pair };
  return ask.measure === 'single' ? alone(words) : beyond(words, side);
}

interface Words {
  asked: About;
  estimate: number;
  bound: number | null;
  atLeast: boolean;
  limit: number;
  pair: Pair;
}

function alone({ asked, estimate, bound, atLeast, limit, pair }: Words): string {
  const show = measureOf(asked.rule) === 'ratio' ? percent : points;
  const sure = bound === null ? '' : `, ${atLeast ? 'at least' : 'at most'} ${show(bound)}`;
  return `${subject(asked)} is ${show(estimate)}${sure}, between ${told(pair.near)} and ${told(pair.far)}; the limit is ${show(limit)}`;
}

/** A ratio that falls is worse, as a gap that grows is. */
function beyond({ asked, estimate, bound, atLeast, limit, pair }: Words, side: Side): string {
  const control = widestPair(groupsOf(asked, side, 'baseline'), measureOf(asked.rule));
  const isRatio = measureOf(asked.rule) === 'ratio';
  const show = isRatio ? percent : points;
  const width = ({ distance }: Pair): number => (isRatio ? 1 - distance : distance);
  const sure = bound === null ? '' : `, ${atLeast ? 'at least' : 'at most'} ${worse(bound)}`;
  const arms = control ? ` (${show(width(pair))} against ${show(width(control))})` : '';
  return `${subject(asked)} is ${worse(estimate)} than in the baseline${sure}${arms}, between ${told(pair.near)} and ${told(pair.far)}; the limit is ${points(limit)}`;
}

const worse = (gap: number): string => (gap < 0 ? `${points(-gap)} better` : `${points(gap)} worse`);

function subject({ rule: { metric, spec } }: About): string {
  return `${metric}: ${spec.kind === 'fairness' ? MEASURES[spec.measure] : 'the gap'}`;
}

const told = ({ name, rate }: Group): string => `${name} (${percent(rate)})`;

export function outlook({ rule, body }: About, { reasons, estimate, promoteLimit }: Unworded): string | null {
  if (reasons.includes('thinSlice')) {
    if (body.names.length < 2) return 'It waits for a second group to compare with';
    const { name, units } = thinnest(body, rule);
    return `Group ${name} is thin: it needs ${count(Math.max(1, needed(rule) - units))} more units`;
  }
  const claim = rule.promote?.claim;
  if (estimate === null || claim === undefined) return null;
  const hopeless = claim === 'above' ? estimate <= promoteLimit : estimate >= promoteLimit;
  return hopeless ? 'At this gap it will not pass; only a fairer candidate would' : null;
}
