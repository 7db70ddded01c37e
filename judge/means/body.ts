/** The evidence of one gate on the whole or one slice, of a kind that compares means: how it begins, takes a window, starts a stage. Pure. */
import type { Claim, Ask, Beginning, Edge, Showing } from '../kind.js';
import type { Calibration } from '../calibration.js';
import { FAST_GRID, MAIN_GRID, addToGrid } from '../procedures/grid.js';
import { type Batches, addToBatches, closing, mergeOf, noBatches } from '../procedures/main-lane.js';
import { type Ordinary, winsorised } from '../procedures/winsor.js';
import type { GateRule } from '../rules.js';
import { type Selection, selects } from '../selection.js';
import { type Evidence, addCounts, addJoint, addScattered, sumOf } from './evidence.js';
import { complemented, goodEvents, harmRatio, newFast, withOffset } from './harm.js';
import { type Histogram, addHistogram, edgeNear, noHistogram } from './histogram.js';
import { type ArmCounts, type Moments, type WindowCounts, gather, noCounts } from './moments.js';

const ARMS = ['control', 'treated'] as const;
/** The candidate's own quantile is shown from histograms of at most so many edges; others are judged all the same. */
const SHOWN_EDGES = 20;
/** No edge this near to the limit, and the question cannot be asked. */
const EDGE_TOLERANCE = 0.05;

/** Evidence in one direction; batches for ratios only, a grid for ratios of counts. */
export interface Direction {
  evidence: Evidence;
  grid: number[] | null;
  batches: Batches | null;
  /** Quantiles only: the bucket edge at the limit, null while none is known; and whether the last window lacked it. */
  edge?: { ms: number | null; missing: boolean };
}

export interface MeansBody {
  /** For ratios: count units without the event, because the event is the rule (statistics.md 12.11). */
  complement: boolean;
  /** Spans the rollout. */
  rollback: Direction;
  /** Restarts with each stage. */
  promote: Direction;
  fast: number[];
  /** Quantiles only: candidate latencies of the stage. */
  histogram?: Histogram;
  /** Heavy tails only: windows whose mean was cut. */
  cut?: number;
}

export function newBody(moments: Moments, rule: GateRule, { eventIsRule, merge }: Beginning): MeansBody {
  return {
    complement: moments.either && eventIsRule,
    rollback: newDirection(moments, rule.rollback ?? rule.promote, merge),
    promote: newDirection(moments, rule.promote, merge),
    fast: rule.fastRatio === null ? [] : newFast(),
    ...(moments.payload === 'quantile' && { histogram: noHistogram() }),
    ...(moments.heavyTails && { cut: 0 }),
  };
}

function newDirection(moments: Moments, ask: Ask | null, merge: number): Direction {
  const ratio = ask?.measure === 'ratio';
  return {
    evidence: [],
    grid: ratio && moments.counts ? MAIN_GRID.map(() => 0) : null,
    batches: ratio ? noBatches(merge) : null,
    ...(ask?.edge && { edge: { ms: ask.edge.kind === 'at' ? ask.edge.ms : null, missing: false } }),
  };
}

export function restartPromotion(moments: Moments, body: MeansBody, rule: GateRule): void {
  const { edge, batches } = body.promote;
  body.promote = newDirection(moments, rule.promote, batches ? mergeOf(batches) : 1);
  if (edge) body.promote.edge = { ms: edge.ms, missing: false };
  if (body.histogram) body.histogram = noHistogram();
}

/** Scratch of one judge: counts of the window at hand, so that taking it allocates nothing. */
export type Scratch = WindowCounts;
export const newScratch = (moments: Moments): Scratch => noCounts(moments.order);

/** Only a bake's own windows speak for promotion. */
export function addWindow(moments: Moments, scratch: Scratch, body: MeansBody, rule: GateRule, showing: Showing): void {
  const { levels, window } = showing;
  const randomised = window.share > 0 && window.share < 1;
  const against = rule.rollback ?? rule.promote;
  const add = { moments, scratch, body, rule, showing };
  if (against && (against.everyone || randomised)) addTo(add, body.rollback, against, levels.rollback);
  const bake = window.phase === 'bake';
  if (bake && rule.promote && (rule.promote.everyone || randomised))
    addTo(add, body.promote, rule.promote, levels.promote);
  if (bake && body.histogram && rule.promote) addLatencies(body.histogram, rule.promote, showing);
  if (rule.fastRatio !== null && randomised) addToFast(add, rule.fastRatio);
}

interface Adding {
  moments: Moments;
  scratch: Scratch;
  body: MeansBody;
  rule: GateRule;
  showing: Showing;
}

function addTo(adding: Adding, direction: Direction, ask: Ask, level: number): void {
  const { moments, scratch, body, rule, showing } = adding;
  const { edge, evidence } = direction;
  if (edge && edge.ms === null && ask.edge?.kind === 'frozen') edge.ms = frozenEdge(ask.edge, showing.calibration);
  const known = gather(
    moments,
    rule.spec,
    showing.cells,
    selectionOf(showing, ask.everyone),
    edge?.ms ?? null,
    scratch,
  );
  if (edge) edge.missing = !known || edge.ms === null;
  if (!known) return;
  const spans = direction === body.rollback;
  if (moments.heavyTails && cutTails(scratch, showing.calibration) && spans) body.cut = (body.cut ?? 0) + 1;
  for (const arm of ARMS) moments.settle?.(scratch[arm], sumOf(evidence, arm, 'units'), sumOf(evidence, arm, 'events'));
  if (ask.measure === 'ratio' && body.complement) complemented(scratch);
  // How windows scatter is asked of everything the rollout saw, and not where their differences are measured anyway.
  if (spans && asksOfScatter(rule)) addScattered(evidence, showing.window.share, scratch, moments.kept);
  else addCounts(evidence, showing.window.share, scratch, moments.kept);
  if (ask.measure !== 'ratio') return;
  const good = goodEvents(rule, body);
  const [control, treated] = good ? [scratch.treated, scratch.control] : [scratch.control, scratch.treated];
  if (direction.grid) {
    const ratio = offsetRatio(harmRatio(rule, body, ask.limit), ask.claim, level, showing);
    addToGrid(direction.grid, ratio, ask.claim, MAIN_GRID, control, treated);
  }
  if (!direction.batches) return;
  const batch = spans && direction.grid ? closing(direction.batches, control, treated) : null;
  if (batch) addJoint(evidence, showing.window.share, batch);
  addToBatches(direction.batches, control, treated);
}

function asksOfScatter({ rollback, promote }: GateRule): boolean {
  return (rollback !== null && rollback.measure !== 'ratio') || (promote !== null && promote.measure !== 'ratio');
}

function offsetRatio(ratio: number, claim: Claim, level: number, { users, window }: Showing): number {
  return users === null ? ratio : withOffset(ratio, claim, level, users, window.share);
}

function selectionOf({ slice, named }: Showing, everyone: boolean): Selection {
  return { slice, named, everyone };
}

/** Both arms at one limit, fixed before the stage: one whale among the users decides nothing. */
function cutTails({ control, treated }: Scratch, { frozen: { mean, variance, factor } }: Calibration): boolean {
  const ordinary = mean === null || variance === null ? null : { mean, variance: variance * (factor ?? 1) };
  const cutControl = cut(control, ordinary);
  const cutTreated = cut(treated, ordinary);
  return cutControl || cutTreated;
}

/** What is left of y is left of each unit's y: its square shrinks twice, its product with z once. */
function cut(arm: ArmCounts, ordinary: Ordinary | null): boolean {
  const events = winsorised(arm.units, arm.events, ordinary);
  if (events === arm.events) return false;
  const left = events / arm.events;
  arm.events = events;
  arm.moments[0] = (arm.moments[0] ?? 0) * left * left;
  arm.moments[3] = (arm.moments[3] ?? 0) * left;
  return true;
}

function frozenEdge({ factor, plusMs }: Extract<Edge, { kind: 'frozen' }>, calibration: Calibration): number | null {
  const { frozen, histogram } = calibration;
  if (frozen.quantileMs === null) return null;
  return edgeNear(histogram, frozen.quantileMs * factor + plusMs, EDGE_TOLERANCE);
}

function addToFast({ moments, scratch, body, rule, showing }: Adding, fastRatio: number): void {
  if (!gather(moments, rule.spec, showing.cells, selectionOf(showing, false), null, scratch)) return;
  if (body.complement) complemented(scratch);
  const [control, treated] = goodEvents(rule, body)
    ? [scratch.treated, scratch.control]
    : [scratch.control, scratch.treated];
  const ratio = offsetRatio(fastRatio, 'above', showing.levels.rollback, showing);
  addToGrid(body.fast, ratio, 'above', FAST_GRID, control, treated);
}

function addLatencies(histogram: Histogram, ask: Ask, showing: Showing): void {
  const selection = selectionOf(showing, ask.everyone);
  for (const cell of showing.cells)
    if (cell.arm === 'candidate' && selects(selection, cell)) addHistogram(histogram, cell.payload, SHOWN_EDGES);
}
