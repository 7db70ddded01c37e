/** The candidates a gate is tried with: one that should pass, and some that should be caught. Pure, sandbox-safe. */
import type { GateSpec, MetricSpec, PromoteWhen } from '../../workflows/contract/plan.js';
import { type Claim, claimOf, isHarm, isTrue, worsened, worsenedIn } from './harm.js';
import type { Group, Level, Metered } from './level.js';
import type { Catch } from './types.js';

/** How many times better a candidate is taken to be where a gate asks for an improvement; the first that suffices. */
const IMPROVEMENTS = [2, 4];

/** Null: no such candidate can pass, for the limit is beyond what it is. */
export function passing(when: PromoteWhen, metric: Metered, level: Level): { better: number; level: Level } | null {
  const claim = claimOf(when);
  if (!claim) return null;
  const meets = (candidate: Level) => isTrue(claim, metric, level.whole, candidate.whole);
  if (claim.word !== 'provenBetterBy') return meets(level) ? { better: 1, level } : null;
  for (const better of IMPROVEMENTS) {
    const candidate = worsened(metric, level, 1 / better);
    if (candidate && meets(candidate)) return { better, level: candidate };
  }
  return null;
}

export type Regression = { of: Catch['of']; kind: 'harm'; level: Level } | { of: Catch['of']; kind: Catch['kind'] };

/** A candidate `factor` times as bad, or why there is nothing to catch. `slice`: bad in that one alone. */
export function regression(
  gate: GateSpec,
  metric: MetricSpec,
  level: Level,
  factor: number,
  slice: string | null,
): Regression {
  if (!gate.rollbackWhen && !gate.fastLane) return { of: 'level', kind: 'never' };
  if (metric.kind === 'quantile' && (level.whole.shape?.assumed ?? false)) return { of: 'level', kind: 'unknown' };
  const spotless = isSpotless(metric, level.whole);
  const of = spotless ? 'limit' : 'level';
  const worse = spotless
    ? beyondLimit(gate, metric, level, factor)
    : slice === null
      ? worsened(metric, level, factor)
      : worsenedIn(metric, level, slice, factor);
  if (!worse) return { of, kind: 'impossible' };
  const pairs =
    slice === null ? [[level.whole, worse.whole] as const, ...pairsOf(level, worse)] : pairsOf(level, worse);
  return pairs.some(([a, b]) => isHarm(gate, metric, a, b))
    ? { of, kind: 'harm', level: worse }
    : { of, kind: 'tolerated' };
}

/** Multiples of nothing are nothing. */
export function isSpotless({ kind, better }: MetricSpec, { mean }: Group): boolean {
  if (kind === 'rate') return mean === (better === 'lower' ? 0 : 1);
  return kind === 'count' && mean === 0 && better === 'lower';
}

function pairsOf(level: Level, worse: Level): (readonly [Group, Group])[] {
  return level.slices.map((slice, i) => [slice, worse.slices[i] ?? slice] as const);
}

function beyondLimit(gate: GateSpec, metric: MetricSpec, level: Level, factor: number): Level | null {
  const claim = gate.rollbackWhen && claimOf(gate.rollbackWhen);
  const bad = claim && badnessAt(claim, metric);
  if (bad === null || (metric.kind === 'rate' && bad * factor > 1)) return null;
  const mean = metric.better === 'lower' ? bad * factor : 1 - bad * factor;
  const at = (group: Group): Group => ({ ...group, mean });
  return { ...level, whole: at(level.whole), slices: level.slices.map(at) };
}

/** Share of bad outcomes at the limit, the baseline having none. */
function badnessAt({ margin, comparing }: Claim, { better }: MetricSpec): number | null {
  if (margin.kind === 'ms' || (comparing && margin.kind === 'relative')) return null;
  return comparing || better === 'lower' ? margin.value : 1 - margin.value;
}
