/** The evidence of one gate on the whole or one slice, of a kind that compares means: how it begins, takes a window, starts a stage. Pure. */
import type { Claim, Ask, Beginning, Edge, Showing } from '../kind.js';
import type { Calibration } from '../calibration.js';
import { FAST_GRID, MAIN_GRID, addToGrid } from '../procedures/grid.js';
import { type Batches, addToBatches, noBatches } from '../procedures/main-lane.js';
import { winsorised } from '../procedures/winsor.js';
import type { GateRule } from '../rules.js';
import { type Selection, selects } from '../selection.js';
import { type Evidence, addCounts, meanOf } from './evidence.js';
import { complemented, goodEvents, harmRatio, newFast, withOffset } from './harm.js';
import { type Histogram, addHistogram, edgeNear, noHistogram } from './histogram.js';
import { type ArmCounts, type Moments, type WindowCounts, gather, noCounts } from './moments.js';

/** No edge this near to the limit, and the question cannot be asked. */
const EDGE_TOLERANCE = 0.05;

/** Evidence in one direction; batches for ratios only, a grid for ratios of counts. */
export interface Direction {
  evidence: Evidence;
  grid: number[] | null;
  batches: Batches | null;
  /** Bucket edge at the limit; null without one, and while none is known. */
  edgeMs: number | null;
  /** The last window had no bucket edge at the limit. */
  noEdge: boolean;
}

export interface MeansBody {
  /** For ratios: count units without the event, because the event is the rule (statistics.md 12.11). */
  complement: boolean;
  /** Spans the rollout. */
  rollback: Direction;
  /** Restarts with each stage. */
  promote: Direction;
  fast: number[];
  /** Candidate latencies of the stage; quantiles only. */
  histogram: Histogram | null;
  /** Windows whose mean was cut. */
  cut: number;
}

export function newBody(moments: Moments, rule: GateRule, { eventIsRule, merge }: Beginning): MeansBody {
  return {
    complement: moments.either && eventIsRule,
    rollback: newDirection(moments, rule.rollback ?? rule.promote, merge),
    promote: newDirection(moments, rule.promote, merge),
    fast: rule.fastRatio === null ? [] : newFast(),
    histogram: moments.payload === 'quantile' ? noHistogram() : null,
    cut: 0,
  };
}

function newDirection(moments: Moments, ask: Ask | null, merge: number): Direction {
  const ratio = ask?.measure === 'ratio';
  return {
    evidence: [],
    grid: ratio && moments.counts ? MAIN_GRID.map(() => 0) : null,
    batches: ratio ? noBatches(merge) : null,
    edgeMs: ask?.edge?.kind === 'at' ? ask.edge.ms : null,
    noEdge: false,
  };
}

export function restartPromotion(moments: Moments, body: MeansBody, rule: GateRule): void {
  const { edgeMs, batches } = body.promote;
  body.promote = { ...newDirection(moments, rule.promote, batches?.merge ?? 1), edgeMs };
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
  if (direction.edgeMs === null && ask.edge?.kind === 'frozen')
    direction.edgeMs = frozenEdge(ask.edge, showing.calibration);
  const known = gather(
    moments,
    rule.spec,
    showing.cells,
    selectionOf(showing, ask.everyone),
    direction.edgeMs,
    scratch,
  );
  direction.noEdge = !known || (ask.edge !== null && direction.edgeMs === null);
  if (!known) return;
  if (moments.heavyTails) cutTails(body, scratch, showing.calibration);
  moments.settle?.(scratch.control, meanOf(direction.evidence, 'control'));
  moments.settle?.(scratch.treated, meanOf(direction.evidence, 'treated'));
  if (ask.measure === 'ratio' && body.complement) complemented(scratch);
  addCounts(direction.evidence, showing.window.share, scratch);
  if (ask.measure !== 'ratio') return;
  const good = goodEvents(rule, body);
  const [control, treated] = good ? [scratch.treated, scratch.control] : [scratch.control, scratch.treated];
  if (direction.grid) {
    const ratio = offsetRatio(harmRatio(rule, body, ask.limit), ask.claim, level, showing);
    addToGrid(direction.grid, ratio, ask.claim, MAIN_GRID, control, treated);
  }
  if (direction.batches) addToBatches(direction.batches, control, treated);
}

function offsetRatio(ratio: number, claim: Claim, level: number, { users, window }: Showing): number {
  return users === null ? ratio : withOffset(ratio, claim, level, users, window.share);
}

function selectionOf({ slice, named }: Showing, everyone: boolean): Selection {
  return { slice, named, everyone };
}

/** Both arms at one limit, fixed before the stage: one whale among the users decides nothing. */
function cutTails(body: MeansBody, { control, treated }: Scratch, { frozen }: Calibration): void {
  const cutControl = cut(control, frozen.most);
  const cutTreated = cut(treated, frozen.most);
  if (cutControl || cutTreated) body.cut += 1;
}

/** What is left of y is left of each unit's y: its square shrinks twice, its product with z once. */
function cut(arm: ArmCounts, most: number | null): boolean {
  const { events, clipped } = winsorised(arm.units, arm.events, most);
  if (!clipped) return false;
  const left = events / arm.events;
  arm.events = events;
  arm.moments[0] = (arm.moments[0] ?? 0) * left * left;
  arm.moments[2] = (arm.moments[2] ?? 0) * left;
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
    if (cell.arm === 'candidate' && selects(selection, cell)) addHistogram(histogram, cell.payload);
}
