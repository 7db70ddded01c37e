/** What was found of a mean, for the engineer on call: numbers, limit, and what would change it. Pure. */
import type { Ask, Asked, Unworded } from '../kind.js';
import { count, figure, milliseconds, percent } from '../words.js';
import type { MeansBody } from './body.js';
import { totals } from './evidence.js';
import type { Showing } from './kind.js';

type About = Asked<MeansBody>;

export function subject({ slice, rule }: Pick<About, 'slice' | 'rule'>): string {
  return slice === null ? rule.metric : `${rule.metric} on ${slice}`;
}

export function clause(shows: Showing, asked: About, found: Unworded): string {
  const failed = found.verdict === 'fail';
  if (failed && found.lane === 'fast') return disaster(shows, asked, found);
  return finding(shows, asked, found, failed ? asked.rule.rollback : asked.rule.promote);
}

function disaster(shows: Showing, asked: About, { units, events }: Unworded): string {
  const means = `${shows.mean(events.candidate / units.candidate)} against ${shows.mean(events.baseline / units.baseline)}`;
  return `${subject(asked)} is proven more than ${figure(asked.rule.fastRatio ?? 1)} times as bad as the baseline (${means}, fast lane)`;
}

/** Numbers and limit of one question. The bound that is quoted is the one that decides. */
function finding(shows: Showing, asked: About, found: Unworded, ask: Ask | null): string {
  const about = subject(asked);
  if (!ask) return `${about} has a limit that no procedure can judge`;
  if (asked.rule.spec.kind === 'quantile') return latency(asked, found, ask, asked.rule.spec.q);
  if (found.estimate === null) return `${about}: nothing to judge yet`;
  const limit = found.verdict === 'fail' ? found.rollbackLimit : found.promoteLimit;
  const bound = ask.claim === 'above' ? found.lower : found.upper;
  if (ask.measure === 'single') {
    const side = ask.claim === 'above' ? 'at least' : 'at most';
    const sure = bound === null ? '' : `, ${side} ${shows.mean(bound)}`;
    return `${about} is ${shows.mean(found.estimate)}${sure}; the limit is ${shows.mean(limit ?? 0)}`;
  }
  const show = ask.measure === 'ratio' ? percent : (x: number) => shows.difference(x);
  const sure = bound === null ? '' : `, ${sureOf(ask, bound, found.estimate, show)}`;
  return `${about} is ${worse(found.estimate, show)}${sure}; ${limitOf(limit ?? 0, found.estimate, show)}`;
}

type Show = (x: number) => string;

/** Without its unit, which was just named; a percent sign stays. */
const bare = (x: number, show: Show): string => show(x).replace(/ points?$/, '');

function worse(margin: number, show: Show): string {
  return margin < 0 ? `${show(-margin)} better` : `${show(margin)} worse`;
}

/** The harm that is certain, or certainly not exceeded; below zero it is a gain, and its side turns round. */
function sureOf(ask: Ask, bound: number, estimate: number, show: Show): string {
  const gain = bound < 0;
  const least = (ask.claim === 'above') !== gain ? 'at least' : 'at most';
  const same = gain === estimate < 0;
  return `${least} ${bare(Math.abs(bound), show)}${same ? '' : gain ? ' better' : ' worse'}`;
}

function limitOf(limit: number, estimate: number, show: Show): string {
  if (limit > 0) return `the limit is ${estimate < 0 ? worse(limit, show) : bare(limit, show)}`;
  return limit === 0 ? 'it must be no worse' : `it must be at least ${show(-limit)} better`;
}

function latency(asked: About, found: Unworded, ask: Ask, q: number): string {
  const about = `${subject(asked)} at the ${figure(q * 100)}th percentile`;
  const direction = found.verdict === 'fail' ? asked.body.rollback : asked.body.promote;
  const { treated } = totals(direction.evidence);
  const edgeMs = direction.edge?.ms ?? null;
  if (edgeMs === null || treated.units === 0) return `${about}: nothing to judge yet`;
  const slower = `${percent(treated.events / treated.units)} of requests took more than ${milliseconds(edgeMs)}`;
  const estimate = found.estimate === null ? '' : ` is about ${milliseconds(found.estimate)}`;
  const limit = ask.claim === 'above' && found.verdict !== 'fail' ? 'at least' : 'at most';
  return `${about}${estimate}: ${slower}; ${limit} ${percent(1 - q)} may`;
}

/** Bounds narrow with the square root of the units: how many more until this one meets its limit. */
export function outlook(asked: About, found: Unworded): string | null {
  const has = (code: string) => found.reasons.includes(code);
  if (has('noFrozenEdge'))
    return 'It needs 1,000 baseline requests from before this stage to know what it compares with';
  if (has('noEdge')) return 'Its histogram has no bucket edge at the limit; add that edge to the histogram';
  if (has('controlNearZero'))
    return "The baseline's mean is too near to zero for a relative margin; write the margin in the metric's own unit";
  if (has('cutTooOften'))
    return 'Too many of its windows lie beyond what the baseline ever showed; look at what they hold';
  const ask = asked.rule.promote;
  const bound = ask?.claim === 'above' ? found.lower : found.upper;
  if (!ask || ask.edge || found.estimate === null || bound === null) return null;
  const room = Math.abs(found.promoteLimit - found.estimate);
  const wrongSide = ask.claim === 'above' ? found.estimate <= found.promoteLimit : found.estimate >= found.promoteLimit;
  if (wrongSide || room === 0) return 'At this estimate it will not pass; only a better candidate would';
  const more = found.units.candidate * ((Math.abs(bound - found.estimate) / room) ** 2 - 1);
  if (!(more >= 1) || more > 1e12) return null;
  return `About ${count(more)} more candidate units would prove it, if nothing changes`;
}
