/**
 * Error budget: burn-rate pairs of the SRE workbook (chapter 5), per arm, a long window and a twelfth of it. A pair whose
 * factor is at or above the rollback limit is a page and rolls back; the others are tickets and hold. Where a control
 * stands beside the candidate, harm is also to be proven against it, so that a candidate is not blamed for a bad day; the
 * limits of sliding windows are divided over all of them, so that the claim holds at every look. Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Asked, Counted, Finding, Findings, Kind, Numbers, Side, Unworded } from '../kind.js';
import { single } from '../means/kind.js';
import { ASSUMED_FACTOR } from '../means/dispersion.js';
import { noCounts, gather } from '../means/moments.js';
import { betaBinomialBounds } from '../procedures/beta-binomial.js';
import { FAST_GRID, addToGrid, lnEvidence } from '../procedures/grid.js';
import { figure, percent, span } from '../words.js';
import { rateMoments } from './rate.js';

/** Share of the period's budget, over a long window of so many hours; the short window is a twelfth. */
const PAIRS = [
  { budget: 0.02, hours: 1 },
  { budget: 0.05, hours: 6 },
  { budget: 0.1, hours: 24 },
  { budget: 0.1, hours: 72 },
] as const;
const PARTS = 12;
const HOUR_MS = 3_600_000;
/** Bad events of the long window before a pair may speak. */
const LEAST_BAD = 10;

/** The candidate's last thirteen parts of a long window, the newest still open; closed ones are never looked into again. */
interface Pair {
  /** Parts begun so far: limits of later ones are smaller, so that all together keep the level. */
  begun: number;
  openedMs: number;
  units: number[];
  bad: number[];
}

export interface SloBody {
  pairs: Pair[];
  /** Likelihood ratios of "worse than the control", over the rollout. */
  worse: number[];
  joint: number;
  rollback: Sums;
  promote: Sums;
}
type Sums = { windows: number; baseline: [units: number, bad: number]; candidate: [units: number, bad: number] };

const noSums = (): Sums => ({ windows: 0, baseline: [0, 0], candidate: [0, 0] });
const scratch = noCounts(0);

const budgetOf = (spec: MetricSpec): number => (spec.kind === 'slo' ? 1 - spec.objective : 1);

/** How many times faster than allowed the budget burns at which the pair fires. */
function factorOf(spec: MetricSpec, pair: number): number {
  const { budget, hours } = PAIRS[pair] ?? PAIRS[0];
  return spec.kind === 'slo' ? (budget * spec.periodMs) / (hours * HOUR_MS) : Number.POSITIVE_INFINITY;
}

export const slo: Kind<SloBody> = {
  acrossSlices: false,
  ask: (_metric, word, { kind, value }) =>
    kind === 'abs' && (word === 'provenAbove' || word === 'provenBelow') ? single(word, value) : null,
  begin: () => ({
    pairs: PAIRS.map(() => ({ begun: 0, openedMs: 0, units: [], bad: [] })),
    worse: FAST_GRID.map(() => 0),
    joint: 0,
    rollback: noSums(),
    promote: noSums(),
  }),
  restart: (body) => {
    body.promote = noSums();
  },
  add: (body, rule, { window, cells, slice, named }) => {
    if (!gather(rateMoments, rule.spec, cells, { slice, named, everyone: true }, null, scratch)) return;
    addSums(body.rollback, scratch.control, scratch.treated);
    if (window.phase === 'bake') addSums(body.promote, scratch.control, scratch.treated);
    for (const [i, pair] of body.pairs.entries())
      addPart(pair, ((PAIRS[i]?.hours ?? 1) * HOUR_MS) / PARTS, window.endMs, scratch.treated);
    if (!(window.share > 0 && window.share < 1)) return;
    gather(rateMoments, rule.spec, cells, { slice, named, everyone: false }, null, scratch);
    body.joint += scratch.control.units > 0 && scratch.treated.units > 0 ? 1 : 0;
    addToGrid(body.worse, 1, 'above', FAST_GRID, scratch.control, scratch.treated);
  },
  harm: (asked, rollback) => (rollback?.proven ? 'burn' : null),
  find,
  counted: (body, side): Counted => {
    const { windows, baseline, candidate } = body[side];
    return {
      windows,
      units: { baseline: baseline[0], candidate: candidate[0] },
      events: { baseline: baseline[1], candidate: candidate[1] },
    };
  },
  reasons: (asked) => {
    const { rule, body, levels } = asked;
    const limit = rule.rollback?.limit ?? Number.POSITIVE_INFINITY;
    const tickets = body.pairs.some(
      (pair, i) =>
        factorOf(rule.spec, i) < limit && burns(pair, factorOf(rule.spec, i), budgetOf(rule.spec), levels.promote),
    );
    return tickets ? ['ticket'] : [];
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
    found.reasons.includes('ticket')
      ? 'Its error budget burns faster than the period can bear; it holds until that has stopped'
      : null,
};

type Arm = { units: number; events: number };

function addSums(sums: Sums, control: Arm, treated: Arm): void {
  sums.windows += 1;
  sums.baseline[0] += control.units;
  sums.baseline[1] += control.events;
  sums.candidate[0] += treated.units;
  sums.candidate[1] += treated.events;
}

function addPart(pair: Pair, partMs: number, atMs: number, { units, events }: Arm): void {
  while (pair.units.length === 0 || atMs > pair.openedMs + partMs) {
    // After a long silence only the parts that still count are made.
    const skipped = pair.units.length === 0 ? 0 : Math.floor((atMs - pair.openedMs) / partMs) - PARTS - 1;
    pair.openedMs = pair.units.length === 0 ? atMs : pair.openedMs + partMs * Math.max(1, skipped);
    pair.begun += 1;
    pair.units.push(0);
    pair.bad.push(0);
    if (pair.units.length <= PARTS) continue;
    pair.units.shift();
    pair.bad.shift();
  }
  const last = pair.units.length - 1;
  pair.units[last] = (pair.units[last] ?? 0) + units;
  pair.bad[last] = (pair.bad[last] ?? 0) + events;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Both windows burn: the long one provably, the short one at present. Levels 6/(pi k)^2 add up to one over all parts k. */
function burns({ begun, units, bad }: Pair, factor: number, budget: number, level: number): boolean {
  const [longUnits, longBad] = [sum(units), sum(bad)];
  const limit = factor * budget;
  if (longBad < LEAST_BAD || limit >= 1 || longBad <= limit * longUnits) return false;
  const [shortUnits, shortBad] = [sum(units.slice(-2)), sum(bad.slice(-2))];
  if (shortBad <= limit * shortUnits) return false;
  const first = Math.max(1, begun - units.length + 1);
  const each = (level * 6) / (Math.PI * first) ** 2;
  return betaBinomialBounds(longBad / ASSUMED_FACTOR, longUnits / ASSUMED_FACTOR, each).lower > limit;
}

function find(asked: Asked<SloBody>, side: Side): Finding | null {
  const { rule, body, levels, step } = asked;
  const ask = rule[side];
  if (!ask) return null;
  const level = levels[side];
  const budget = budgetOf(rule.spec);
  const { candidate } = body[side];
  const common = { lane: 'burn', level, eValue: null, dispersion: { factor: ASSUMED_FACTOR, assumed: true } } as const;
  if (candidate[0] <= 0) return { ...common, estimate: null, lower: null, upper: null, proven: false };
  const estimate = candidate[1] / candidate[0] / budget;
  if (side === 'rollback') {
    const worse = !step.randomised || provenWorse(asked);
    const each = level / (2 * PAIRS.length);
    const fires = body.pairs.some(
      (pair, i) => factorOf(rule.spec, i) >= ask.limit && burns(pair, factorOf(rule.spec, i), budget, each),
    );
    if (asked.brief) return { ...common, estimate, lower: null, upper: null, proven: fires && worse };
    return { ...common, estimate, ...burnRange(candidate, budget, level), proven: fires && worse };
  }
  const range = asked.brief && estimate >= ask.limit ? null : burnRange(candidate, budget, level);
  if (!range) return { ...common, estimate, lower: null, upper: null, proven: false };
  return { ...common, estimate, ...range, proven: range.upper < ask.limit };
}

function burnRange([units, bad]: [number, number], budget: number, level: number) {
  const { lower, upper } = betaBinomialBounds(bad / ASSUMED_FACTOR, units / ASSUMED_FACTOR, level);
  return { lower: lower / budget, upper: upper / budget };
}

/** Worse than the control beside it, at half the level. A broken split says nothing of either. */
function provenWorse({ body, levels, splitBroken, metric }: Asked<SloBody>): boolean {
  if (splitBroken || body.joint < 10) return false;
  return lnEvidence(body.worse, metric.calibration.frozen.factor ?? ASSUMED_FACTOR) >= -Math.log(levels.rollback / 2);
}

function clause({ rule, slice, body }: Asked<SloBody>, found: Unworded): string {
  const about = slice === null ? rule.metric : `${rule.metric} on ${slice}`;
  const budget = percent(budgetOf(rule.spec));
  if (found.estimate === null) return `${about}: nothing to judge yet`;
  const burn = `${about} burns its budget of ${budget} at ${figure(found.estimate)} times the allowed rate`;
  if (found.verdict !== 'fail') {
    const most = found.upper === null ? '' : `, at most ${figure(found.upper)}`;
    return `${burn}${most}; the limit is ${figure(found.promoteLimit)}`;
  }
  const fired = body.pairs.findIndex((_, i) => factorOf(rule.spec, i) >= (found.rollbackLimit ?? 0));
  const { hours } = PAIRS[Math.max(0, fired)] ?? PAIRS[0];
  return `${burn}; it pages from ${figure(found.rollbackLimit ?? 0)} over ${span(hours * HOUR_MS)} and longer`;
}
