/** The numbers of a verdict about means, in the margin's own unit. Pure, sandbox-safe. */
import type { Ask, Finding, Findings, Known, Numbers } from '../kind.js';
import type { Direction, MeansBody } from './body.js';
import { armDispersion } from './dispersion.js';
import { quantileMs, quantileRange } from './histogram.js';
import type { MeansKind, Showing } from './kind.js';

export function numbersOf(kind: MeansKind, asked: Known<MeansBody>, found: Findings, failed: boolean): Numbers {
  const { rule, body } = asked;
  const { spec } = rule;
  const bounds = spec.kind === 'quantile' ? latencies(kind, asked, spec.q) : boundsOf(kind.shows, asked, found, failed);
  const limit = (ask: Ask | null, { edge }: Direction): number | null =>
    ask && (ask.edge ? (edge?.ms ?? null) : shown(kind.shows, asked, ask, ask.limit));
  return {
    ...bounds,
    rollbackLimit: limit(rule.rollback, body.rollback),
    promoteLimit: limit(rule.promote, body.promote) ?? 0,
  };
}

type Bounds = Pick<Numbers, 'estimate' | 'lower' | 'upper'>;

/** Each bound at the level of the limit it is held against. */
function boundsOf(shows: Showing, asked: Known<MeansBody>, { rollback, promote }: Findings, failed: boolean): Bounds {
  const { rule } = asked;
  const main: Finding | null = failed ? (rollback ?? promote) : promote;
  const ask = failed ? (rule.rollback ?? rule.promote) : rule.promote;
  if (!main || !ask) return { estimate: null, lower: null, upper: null };
  const inUnit = (x: number | null): number | null => (x === null ? null : shown(shows, asked, ask, x));
  const { estimate, lower, upper } = main;
  const own = { estimate: inUnit(estimate), lower: inUnit(lower), upper: inUnit(upper) };
  if (failed || !rollback || rollback.estimate === null) return own;
  return rule.rollback?.claim === 'above'
    ? { ...own, lower: inUnit(rollback.lower) }
    : { ...own, upper: inUnit(rollback.upper) };
}

/** Infinity, which JSON lacks, is no bound. */
function shown(shows: Showing, { rule }: Known<MeansBody>, { measure }: Ask, x: number): number | null {
  const { zero, one } = shows.scale(rule.spec);
  const value = measure === 'ratio' ? x : measure === 'difference' ? x * (one - zero) : zero + x * (one - zero);
  return Number.isFinite(value) ? value : null;
}

/** Milliseconds, from the candidate's latencies of the stage. */
function latencies({ moments }: MeansKind, { body, levels, metric }: Known<MeansBody>, q: number): Bounds {
  if (!body.histogram) return { estimate: null, lower: null, upper: null };
  const { factor } = armDispersion(moments, body.rollback.evidence, 'treated', metric.calibration.frozen.factor);
  return { estimate: quantileMs(body.histogram, q), ...quantileRange(body.histogram, q, levels.promote, factor) };
}
