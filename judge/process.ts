/** One gate on the whole or on one slice: how it begins, takes a window, and starts a stage. Pure. */
import type { Cell, Window } from '../workflows/contract/windows.js';
import type { Calibration } from './calibration.js';
import { countsOf, selects } from './counts.js';
import { type WindowCounts, addCounts } from './evidence.js';
import { complemented, harmRatio, newFast, turned, withOffset } from './find-ratio.js';
import { FAST_GRID, MAIN_GRID, addToGrid } from './grid.js';
import { edgeNear, addHistogram, noHistogram } from './histogram.js';
import { addToBatches, noBatches } from './main-lane.js';
import type { Ask, GateRule } from './rules.js';
import type { Direction, Process } from './state.js';
import type { StepContext } from './types.js';

/** No edge this near to the limit, and the question cannot be asked. */
const EDGE_TOLERANCE = 0.05;

export interface Beginning {
  slice: string | null;
  complement: boolean;
  merge: number;
  stage: string;
}

export function newProcess(rule: GateRule, beginning: Beginning): Process {
  const { slice, complement, merge, stage } = beginning;
  return {
    gate: rule.gate,
    slice,
    complement,
    rollback: newDirection(rule.rollback ?? rule.promote, merge),
    promote: newDirection(rule.promote, merge),
    stage,
    fast: rule.fastRatio === null ? [] : newFast(),
    histogram: noHistogram(),
    failed: null,
    passing: false,
  };
}

function newDirection(ask: Ask | null, merge: number): Direction {
  const ratio = ask?.measure === 'ratio';
  return {
    evidence: [],
    grid: ratio ? MAIN_GRID.map(() => 0) : null,
    batches: ratio ? noBatches(merge) : null,
    edgeMs: ask?.edge?.kind === 'at' ? ask.edge.ms : null,
    noEdge: false,
  };
}

/** Promotion evidence is of one stage. Where there is no control, comparisons keep what the last control showed. */
export function startStage(process: Process, rule: GateRule, step: StepContext): void {
  if (process.stage === step.stage || step.mode !== 'bake') return;
  if (rule.promote && !rule.promote.everyone && !step.randomised) return;
  const { edgeMs } = process.promote;
  process.promote = { ...newDirection(rule.promote, process.promote.batches?.merge ?? 1), edgeMs };
  process.histogram = noHistogram();
  process.stage = step.stage;
}

export interface Showing {
  window: Window;
  cells: readonly Cell[];
  /** Slices judged by name. */
  named: readonly string[];
  calibration: Calibration;
  users: number | null;
  levels: { rollback: number; promote: number };
}

/** Adds a window to every question it may answer: only a bake's own windows speak for promotion. */
export function addToProcess(process: Process, rule: GateRule, showing: Showing): void {
  const { levels, window } = showing;
  const against = rule.rollback ?? rule.promote;
  if (against) addToDirection(process, process.rollback, { rule, ask: against, level: levels.rollback }, showing);
  if (rule.promote && window.phase === 'bake')
    addToDirection(process, process.promote, { rule, ask: rule.promote, level: levels.promote }, showing);
  if (rule.promote && rule.spec.kind === 'quantile' && window.phase === 'bake')
    addLatencies(process, rule.promote, showing);
  if (rule.fastRatio !== null && isRandomised(window)) addToFast(process, rule, rule.fastRatio, showing);
}

const isRandomised = ({ share }: Window): boolean => share > 0 && share < 1;

interface Question {
  rule: GateRule;
  ask: Ask;
  level: number;
}

function addToDirection(process: Process, direction: Direction, question: Question, showing: Showing): void {
  const { rule, ask, level } = question;
  const { window, users } = showing;
  if (!ask.everyone && !isRandomised(window)) return;
  if (direction.edgeMs === null && ask.edge?.kind === 'frozen')
    direction.edgeMs = frozenEdge(ask.edge, showing.calibration);
  const counts = selected(process, ask.everyone, direction.edgeMs, showing);
  direction.noEdge = counts === null || (ask.edge !== null && direction.edgeMs === null);
  if (counts === null) return;
  if (ask.measure !== 'ratio') return addCounts(direction.evidence, window.share, counts);
  const counted = process.complement ? complemented(counts) : counts;
  addCounts(direction.evidence, window.share, counted);
  const harm = turned(rule, process, counted);
  const ratio = withOffset(harmRatio(rule, process, ask.limit), ask.claim, level, users, window.share);
  if (direction.grid) addToGrid(direction.grid, { ratio, claim: ask.claim, grid: MAIN_GRID }, harm);
  if (direction.batches) addToBatches(direction.batches, harm);
}

function frozenEdge(edge: { factor: number; plusMs: number }, { frozen, histogram }: Calibration): number | null {
  if (frozen.quantileMs === null) return null;
  return edgeNear(histogram, frozen.quantileMs * edge.factor + edge.plusMs, EDGE_TOLERANCE);
}

function selected(
  process: Process,
  everyone: boolean,
  edgeMs: number | null,
  { cells, named }: Showing,
): WindowCounts | null {
  return countsOf(cells, { slice: process.slice, named, everyone, edgeMs });
}

function addToFast(process: Process, rule: GateRule, fastRatio: number, showing: Showing): void {
  const counts = selected(process, false, null, showing);
  if (counts === null) return;
  const harm = turned(rule, process, process.complement ? complemented(counts) : counts);
  const ratio = withOffset(fastRatio, 'above', showing.levels.rollback, showing.users, showing.window.share);
  addToGrid(process.fast, { ratio, claim: 'above', grid: FAST_GRID }, harm);
}

function addLatencies(process: Process, ask: Ask, { cells, named }: Showing): void {
  for (const cell of cells) {
    if (cell.arm !== 'candidate' || !selects({ slice: process.slice, named, everyone: ask.everyone }, cell)) continue;
    addHistogram(process.histogram, cell.payload);
  }
}
