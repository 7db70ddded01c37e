/** One gate in one sentence for the engineer on call: what was found, against which limit, what would change it. Pure. */
import type { GateVerdict } from '../workflows/contract/verdicts.js';
import { totals } from './evidence.js';
import type { Ask } from './rules.js';
import { type Asked, bakedMs, unitsOf } from './standing.js';
import { count, figure, milliseconds, percent, points, span } from './words.js';

type Found = Omit<GateVerdict, 'sentence'>;

export function gateSentence(asked: Asked, found: Found): string {
  const units = `${count(found.units.candidate)} candidate units`;
  if (found.verdict === 'fail') return `${failure(asked, found)}; ${units}.`;
  const state = `${finding(asked, found, asked.rule.promote)}; ${units}`;
  if (found.verdict === 'pass') return `${state}${remarks(asked, found)}.`;
  return `${state}. ${missing(asked, found)}${remarks(asked, found)}.`;
}

export function subject({ process, rule }: Pick<Asked, 'process' | 'rule'>): string {
  return process.slice === null ? rule.metric : `${rule.metric} on ${process.slice}`;
}

function failure(asked: Asked, found: Found): string {
  if (found.lane !== 'fast') return finding(asked, found, asked.rule.rollback);
  const { baseline, candidate } = found.units;
  const rates = `${percent(found.events.candidate / candidate)} against ${percent(found.events.baseline / baseline)}`;
  return `${subject(asked)} is proven more than ${figure(asked.rule.fastRatio ?? 1)} times as bad as the baseline (${rates}, fast lane)`;
}

/** Numbers and limit of one question. The bound that is quoted is the one that decides. */
function finding(asked: Asked, found: Found, ask: Ask | null): string {
  const about = subject(asked);
  if (!ask) return `${about} has a limit that no procedure can judge`;
  if (asked.rule.spec.kind === 'quantile') return latency(asked, found, ask, asked.rule.spec.q);
  if (found.estimate === null) return `${about}: nothing to judge yet`;
  const failed = found.verdict === 'fail';
  const limit = failed ? found.rollbackLimit : found.promoteLimit;
  const bound = ask.claim === 'above' ? found.lower : found.upper;
  if (ask.measure === 'single') {
    const sure = bound === null ? '' : `, ${side(ask)} ${percent(bound)}`;
    return `${about} is ${percent(found.estimate)}${sure}; the limit is ${percent(limit ?? 0)}`;
  }
  const show = ask.measure === 'ratio' ? percent : points;
  const sure = bound === null ? '' : `, ${sureOf(ask, bound, found.estimate, show)}`;
  return `${about} is ${worse(found.estimate, show)}${sure}; ${limitOf(limit ?? 0, found.estimate, show)}`;
}

const side = (ask: Ask): string => (ask.claim === 'above' ? 'at least' : 'at most');

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

function latency(asked: Asked, found: Found, ask: Ask, q: number): string {
  const about = `${subject(asked)} at the ${figure(q * 100)}th percentile`;
  const direction = found.verdict === 'fail' ? asked.process.rollback : asked.process.promote;
  const { treated } = totals(direction.evidence);
  if (direction.edgeMs === null || treated.units === 0) return `${about}: nothing to judge yet`;
  const slower = `${percent(treated.events / treated.units)} of requests took more than ${milliseconds(direction.edgeMs)}`;
  const estimate = found.estimate === null ? '' : ` is about ${milliseconds(found.estimate)}`;
  const limit = ask.claim === 'above' && found.verdict !== 'fail' ? 'at least' : 'at most';
  return `${about}${estimate}: ${slower}; ${limit} ${percent(1 - q)} may`;
}

/** What would change an inconclusive gate: the first thing that stands in the way. */
function missing(asked: Asked, found: Found): string {
  const { metric, step, rule, process } = asked;
  const has = (code: string) => found.reasons.includes(code);
  if (has('unsupportedLimit')) return 'Its limit does not fit its metric; mend the plan';
  if (has('sourceError') || has('badNumbers'))
    return `The newest window cannot be used: ${metric.trouble?.why ?? ''}`.slice(0, 240);
  if (has('noData')) return `It waits for data${metric.trouble ? `: ${metric.trouble.why}` : ''}`.slice(0, 240);
  if (has('splitBroken')) return 'No comparison is valid until users are split as planned';
  if (has('noControl'))
    return 'No step with a randomised control has judged it yet; keep a hold-back or add a step below 100 %';
  if (has('noFrozenEdge'))
    return 'It needs 1,000 baseline requests from before this stage to know what it compares with';
  if (has('noEdge')) return 'Its histogram has no bucket edge at the limit; add that edge to the histogram';
  if (has('minUnits') && rule.promote) {
    const lacking = step.minUnits - unitsOf(asked, rule.promote);
    return `It needs ${count(Math.max(1, lacking))} more candidate units in this step`;
  }
  if (has('thinSlice')) {
    const lacking = (rule.spec.slices?.minUnits ?? 0) - totals(process.promote.evidence).treated.units;
    return `The slice is thin: it needs ${count(Math.max(1, lacking))} more candidate units`;
  }
  if (has('undecided')) return outlook(asked, found);
  if (has('minBake')) return `It needs ${span(step.minMs - bakedMs(asked))} more of baking`;
  return 'It waits for data';
}

/** Bounds narrow with the square root of the units: how many more until this one meets its limit. */
function outlook(asked: Asked, found: Found): string {
  const ask = asked.rule.promote;
  const bound = ask?.claim === 'above' ? found.lower : found.upper;
  if (!ask || ask.edge || found.estimate === null || bound === null) return 'More units narrow the bound';
  const room = Math.abs(found.promoteLimit - found.estimate);
  const wrongSide = ask.claim === 'above' ? found.estimate <= found.promoteLimit : found.estimate >= found.promoteLimit;
  if (wrongSide || room === 0) return 'At this estimate it will not pass; only a better candidate would';
  const more = found.units.candidate * ((Math.abs(bound - found.estimate) / room) ** 2 - 1);
  if (!(more >= 1) || more > 1e12) return 'More units narrow the bound';
  return `About ${count(more)} more candidate units would prove it, if nothing changes`;
}

function remarks(asked: Asked, found: Found): string {
  const said: string[] = [];
  if (found.reasons.includes('carried'))
    said.push(`carried from the last step with a control (${asked.process.stage})`);
  if (found.dispersion.assumed) said.push(`dispersion factor ${figure(found.dispersion.factor)} assumed`);
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}
