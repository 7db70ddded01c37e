/**
 * What a drift gate keeps of a stage: counts by bin of users drawn by share. Bins are those of the reference, else of the
 * first window; where they change, the comparison begins anew, or, with a reference, waits. Pure, sandbox-safe.
 */
import type { Arm } from '../../workflows/contract/plan.js';
import type { Cell, QuantilePayload } from '../../workflows/contract/windows.js';
import type { Showing } from '../kind.js';
import type { Histogram } from '../means/histogram.js';
import { addToBins, cumulativeOf, evenEdges } from '../means/bins.js';
import { type Scatter, addScatter, total } from '../procedures/scatter.js';
import type { GateRule } from '../rules.js';
import { type Selection, selects } from '../selection.js';

export type Yardstick = 'reference' | 'control';

export interface DriftBody {
  edges: number[];
  /** Of the comparison with the control. Within one share arms meet the same traffic, over two they do not. */
  share: number;
  control: number[];
  /** The candidate in the same windows, and in all others. */
  beside: number[];
  alone: number[];
  windows: number;
  /** Of either arm: a steady one would hide the bursts of the other. */
  scatter: Record<Arm, Scatter>;
  /** The newest window lacked the bins. */
  otherBins: boolean;
}

export function newBody(): DriftBody {
  return {
    edges: [],
    share: 0,
    control: [],
    beside: [],
    alone: [],
    windows: 0,
    scatter: { baseline: [0, 0], candidate: [0, 0] },
    otherBins: false,
  };
}

export function restartBody(body: DriftBody): void {
  Object.assign(body, newBody());
}

/** A slice has no reference of its own, and is held against the control alone. */
export function yardsticksOf({ spec }: GateRule, slice: string | null): readonly Yardstick[] {
  if (spec.kind !== 'drift') return [];
  return slice === null ? spec.against : ['control'];
}

const ofControl: number[] = [];
const ofCandidate: number[] = [];

/** Only a bake's own windows count, and of these such as the candidate was seen in. */
export function addWindow(body: DriftBody, rule: GateRule, showing: Showing): void {
  const { window, cells, slice, named, calibration } = showing;
  if (window.phase !== 'bake') return;
  const selection = { slice, named, everyone: false };
  const { reference } = calibration.frozen;
  const fixed = yardsticksOf(rule, slice).includes('reference') ? reference : null;
  if (body.edges.length === 0) body.edges = edgesOf(fixed, cells, selection);
  let counted = countInto(body.edges, cells, selection);
  if (!counted && !fixed) {
    restartBody(body);
    body.edges = edgesOf(null, cells, selection);
    counted = countInto(body.edges, cells, selection);
  }
  body.otherBins = !counted;
  if (!counted || total(ofCandidate) <= 0) return;
  body.windows += 1;
  if (window.share > 0 && window.share < 1) addBeside(body, window.share);
  else addTo(body.scatter.candidate, body.alone, ofCandidate);
}

function addBeside(body: DriftBody, share: number): void {
  if (share !== body.share) {
    sumInto(body.alone, body.beside);
    body.beside.length = body.control.length = 0;
    body.share = share;
  }
  addTo(body.scatter.baseline, body.control, ofControl);
  addTo(body.scatter.candidate, body.beside, ofCandidate);
}

function addTo(scatter: Scatter, sums: number[], window: readonly number[]): void {
  addScatter(scatter, window, sums);
  sumInto(sums, window);
}

export function sumInto(sums: number[], counts: readonly number[]): void {
  for (let i = 0; i < counts.length; i += 1) sums[i] = (sums[i] ?? 0) + (counts[i] ?? 0);
}

function edgesOf(reference: Histogram | null, cells: readonly Cell[], selection: Selection): number[] {
  if (reference) return evenEdges(reference);
  const seen = cells.filter((cell) => selects(selection, cell) && countsOf(cell) !== null);
  const payload = countsOf(seen.find(({ arm }) => arm === 'baseline') ?? seen[0]);
  return payload ? evenEdges(cumulativeOf(payload)) : [];
}

function countsOf(cell: Cell | undefined): QuantilePayload | null {
  return cell?.payload.kind === 'quantile' && cell.payload.n > 0 ? cell.payload : null;
}

/** False: some cell lacks the bins, or there are none. */
function countInto(edges: readonly number[], cells: readonly Cell[], selection: Selection): boolean {
  for (const counts of [ofControl, ofCandidate]) {
    counts.length = edges.length + 1;
    counts.fill(0);
  }
  for (const cell of cells) {
    const payload = selects(selection, cell) ? countsOf(cell) : null;
    if (payload && !addToBins(cell.arm === 'baseline' ? ofControl : ofCandidate, edges, payload)) return false;
    if (payload && edges.length === 0) return false;
  }
  return true;
}
