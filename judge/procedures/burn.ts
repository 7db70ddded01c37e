/**
 * Burn-rate pairs of the SRE workbook (chapter 5; statistics.md 6): the budget burns at `factor` times the allowed rate
 * over a long window, and still does over a short one, a twelfth of it. Pure, sandbox-safe.
 *
 * Which pairs may speak: every one from its tenth bad event on, however young the share in force is. While that is
 * younger than the long window, the long one is what there is, and the short one a twelfth of that, at least five
 * minutes; where the windows of the source are longer, the short one is the newest of them. A pair whose factor is more
 * than all units being bad never speaks.
 *
 * The claim holds at every look: the window that begins at the k-th five minutes has 1 / ((k + 1) ln^2 (k + 1)) of the
 * level, which adds up to less than 2.11 over all k; within it, evidence is an e-process.
 */
import { rounded } from '../numerics/round.js';
import { betaBinomialBounds } from './beta-binomial.js';
import { type Recent, type Span, sumSince } from './recent.js';
import { exceedsLine, lnEvidenceAgainst, proportion } from './two-proportions.js';

/** Share of the period's budget that is spent in so many hours. */
export const PAIRS = [
  { budget: 0.02, hours: 1, long: '1 h', short: '5 min' },
  { budget: 0.05, hours: 6, long: '6 h', short: '30 min' },
  { budget: 0.1, hours: 24, long: '1 d', short: '2 h' },
  { budget: 0.1, hours: 72, long: '3 d', short: '6 h' },
] as const;

const HOUR_MS = 3_600_000;
const PARTS_PER_HOUR = 12;
const SHORT = 12;
/** Bad events of the long window before a pair may speak. */
const LEAST_BAD = 10;
/** So many times what the control burns still counts as an outage of both: arms have bursts of their own. */
const ALIKE = 1.5;
/** Sum of 1 / (n ln^2 n) over n from 2 on, rounded up. */
const ALL_STARTS = 2.1098;
/** Of a burn rate that is told: the state must stay small. */
const FIGURES = 5;

/** How many times faster than allowed the budget burns at which the pair fires. */
export function factorOf(pair: number, periodMs: number): number {
  const { budget, hours } = PAIRS[pair] ?? PAIRS[0];
  // To a billionth, for in binary 5 % of 30 days is a little less than 36 hours, and 6 would not be 6.
  return Math.round(((budget * periodMs) / (hours * HOUR_MS)) * 1e9) / 1e9;
}

export interface BurnQuestion {
  /** Bad units allowed, as a share of all. */
  budget: number;
  factor: number;
  level: number;
  dispersion: number;
  /** Sticky users: how far chance may keep the arms apart, as a fraction of their rate. */
  offset: number;
}

/** Burn rates of a pair: multiples of the allowed rate, with bounds for the long window that hold at the pair's level. */
export interface Burn {
  pair: number;
  factor: number;
  long: number;
  lower: number;
  upper: number;
  short: number;
  /** Of the control over the long window; null: there was none to compare with. */
  control: number | null;
  /** It fired for what the candidate burns beyond its control. */
  beyond: boolean;
  /** The long window is as long as it should be. */
  full: boolean;
}

const long: Span = { first: 0, units: 0, bad: 0, controlUnits: 0, controlBad: 0 };
const short: Span = { first: 0, units: 0, bad: 0, controlUnits: 0, controlBad: 0 };

/**
 * The pair's burn when it fires, else null. `against` the control: what the candidate burns beyond it, so that an outage
 * of both arms is not laid at its door; where no control stands beside it, or `against` the budget, all it burns.
 */
export function burning(
  recent: Recent,
  pair: number,
  question: BurnQuestion,
  against: 'control' | 'budget',
): Burn | null {
  const { budget, factor, level, dispersion, offset } = question;
  sumBoth(recent, pair);
  const compares = against === 'control' && isCompared(recent);
  const limit = factor * budget;
  if (limit >= 1 || long.bad < LEAST_BAD || short.units <= 0) return null;
  if (compares && long.controlUnits <= 0) return null;
  if (rateOf(long, compares) <= limit || rateOf(short, compares) <= limit) return null;
  const proven = compares
    ? exceedsControl(limit + offset * pooled(long), dispersion, levelFrom(long.first, level))
    : exceeds(limit, dispersion, levelFrom(long.first, level));
  return proven ? burnOf(recent, pair, question, compares) : null;
}

export function isCompared({ share }: Recent): boolean {
  return share > 0 && share < 1;
}

function sumBoth(recent: Recent, pair: number): void {
  const reach = reachOf(pair);
  const there = Math.min(reach, recent.now - recent.began + 1);
  sumSince(recent, recent.now - reach + 1, long);
  // One part more, for the newest may have just begun.
  sumSince(recent, recent.now - Math.ceil(there / SHORT), short);
}

const reachOf = (pair: number): number => (PAIRS[pair] ?? PAIRS[0]).hours * PARTS_PER_HOUR;

function rateOf({ units, bad, controlUnits, controlBad }: Span, compares: boolean): number {
  return bad / units - (compares && controlUnits > 0 ? (ALIKE * controlBad) / controlUnits : 0);
}

const pooled = ({ units, bad, controlUnits, controlBad }: Span): number => (bad + controlBad) / (units + controlUnits);

/** What a window that begins at this index has of the level. */
function levelFrom(first: number, level: number): number {
  const k = first + 1;
  return level / (ALL_STARTS * k * Math.log(k) ** 2);
}

function exceeds(limit: number, dispersion: number, level: number): boolean {
  return lnEvidenceAgainst(proportion(long.bad, long.units, dispersion), limit) >= -Math.log(level);
}

function exceedsControl(limit: number, dispersion: number, level: number): boolean {
  const own = proportion(long.bad, long.units, dispersion);
  const control = proportion(long.controlBad, long.controlUnits, dispersion);
  return exceedsLine(own, control, { times: ALIKE, plus: limit }, level);
}

function burnOf(
  recent: Recent,
  pair: number,
  { budget, factor, level, dispersion }: BurnQuestion,
  beyond: boolean,
): Burn {
  const { units, bad, controlUnits, controlBad, first } = long;
  const { lower, upper } = betaBinomialBounds(bad / dispersion, units / dispersion, levelFrom(first, level));
  const burn = (rate: number): number => rounded(rate / budget, FIGURES);
  return {
    pair,
    factor,
    long: burn(bad / units),
    lower: burn(lower),
    upper: burn(upper),
    short: burn(short.bad / short.units),
    control: isCompared(recent) && controlUnits > 0 ? burn(controlBad / controlUnits) : null,
    beyond,
    full: recent.now - recent.began + 1 >= reachOf(pair),
  };
}
