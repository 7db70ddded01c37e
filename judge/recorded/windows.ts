/**
 * Rows to windows: each metric's in order, once, without overlap, with one row for each place. What does not fit
 * together is reported at its row. Pure, sandbox-safe.
 */
import type { Cell, Window } from '../../workflows/contract/windows.js';
import { type RowProblem, shown } from './problem.js';
import type { Row } from './rows.js';
import { withWholes } from './whole.js';

/** A window and the row it began at. */
interface Gathered {
  first: Row;
  /** Row of each place seen so far. */
  places: Map<string, number>;
  cells: Cell[];
}

/** Windows of one metric, baseline first, each part in order of index. */
export interface MetricWindows {
  metric: string;
  baseline: Window[];
  judged: Window[];
}

export function windowsOf(file: string, rows: readonly Row[], problems: RowProblem[]): MetricWindows[] {
  const byMetric = new Map<string, Row[]>();
  for (const row of rows) {
    const known = byMetric.get(row.metric);
    if (known) known.push(row);
    else byMetric.set(row.metric, [row]);
  }
  return [...byMetric].map(([metric, own]) =>
    ofMetric(
      metric,
      own,
      (row, field, reason) => void problems.push({ file, line: row.line, field, window: row.window, reason }),
    ),
  );
}

type Say = (row: Row, field: string, reason: string) => void;

function ofMetric(metric: string, rows: readonly Row[], say: Say): MetricWindows {
  const gathered = gather(rows, say);
  const inOrder = [...gathered.values()].sort(
    (a, b) => orderOf(a.first) - orderOf(b.first) || a.first.window - b.first.window,
  );
  refuseOverlaps(inOrder, say);
  const baseline = inOrder.filter(({ first }) => first.phase === 'baseline');
  const judged = inOrder.filter(({ first }) => first.phase !== 'baseline');
  const from = baseline[0]?.first.window ?? 0;
  return {
    metric,
    // The judge counts windows from 0 on; negative indexes exist in files only.
    baseline: baseline.map((each) => windowOf(each, each.first.window - Math.min(0, from))),
    judged: judged.map((each) => windowOf(each, each.first.window)),
  };
}

function orderOf({ phase }: Row): number {
  return phase === 'baseline' ? 0 : 1;
}

function gather(rows: readonly Row[], say: Say): Map<string, Gathered> {
  const found = new Map<string, Gathered>();
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const key = `${orderOf(row)} ${row.window}`;
    const known = found.get(key) ?? { first: row, places: new Map<string, number>(), cells: [] };
    found.set(key, known);
    const place = placeOf(row);
    const twice = known.places.get(place);
    const before = newest.get(place);
    if (twice !== undefined)
      say(row, 'row', `says a second thing of ${place} in window ${row.window}; line ${twice} is the first`);
    else if (before && orderOf(row) * 1e15 + row.window < orderOf(before) * 1e15 + before.window)
      say(row, 'window', `${row.window} comes after ${before.window} (line ${before.line}); windows are in order`);
    else if (known.first !== row) refuseOther(known, row, say);
    known.places.set(place, twice ?? row.line);
    newest.set(place, row);
    if (row.said.kind === 'cell') known.cells.push(row.said.cell);
  }
  return found;
}

function placeOf({ said }: Row): string {
  if (said.kind === 'nothing') return 'the window';
  const { arm, via, slice } = said.cell;
  return `${arm}${via === 'share' ? '' : ` ${shown(via)}`}${slice === null ? '' : `, ${shown(slice)}`}`;
}

/** All rows of a window say the same of its times, share and use, and have one set of edges. */
function refuseOther({ first, cells }: Gathered, row: Row, say: Say): void {
  const at = `line ${first.line}`;
  if (row.startMs !== first.startMs) say(row, 'start', `window ${row.window} began at ${iso(first.startMs)} in ${at}`);
  else if (row.endMs !== first.endMs) say(row, 'end', `window ${row.window} ended at ${iso(first.endMs)} in ${at}`);
  else if (row.phase !== first.phase) say(row, 'phase', `window ${row.window} is ${first.phase} in ${at}`);
  else if (row.share !== first.share) say(row, 'share', `window ${row.window} has another share in ${at}`);
  else if (row.discarded !== first.discarded) say(row, 'discarded', `window ${row.window} says otherwise in ${at}`);
  else if (row.said.kind !== first.said.kind) say(row, 'row', `window ${row.window} has counts and has none (${at})`);
  else if (row.said.kind === 'cell' && !sameEdges(cells, row.said.cell))
    say(row, 'buckets', `window ${row.window} has other edges in ${at}; histograms of one window have the same`);
}

function sameEdges(cells: readonly Cell[], { payload }: Cell): boolean {
  if (payload.kind !== 'quantile' || payload.buckets.length === 0) return true;
  const edges = edgesOf(payload);
  return cells.every(({ payload: other }) => {
    const theirs = edgesOf(other);
    return theirs === '' || theirs === edges;
  });
}

function edgesOf(payload: Cell['payload']): string {
  return payload.kind === 'quantile' ? payload.buckets.map(([edge]) => edge ?? 'Inf').join() : '';
}

/** Sorted by index, windows must also follow one another in time. */
function refuseOverlaps(inOrder: readonly Gathered[], say: Say): void {
  let before: Row | null = null;
  for (const { first } of inOrder) {
    if (before && first.startMs < before.endMs) {
      const how = first.startMs < before.startMs ? 'begins before' : 'overlaps';
      say(
        first,
        'start',
        `window ${first.window} ${how} window ${before.window} (line ${before.line}, ${iso(before.startMs)} to ${iso(before.endMs)})`,
      );
    } else before = first;
  }
}

function windowOf({ first, cells }: Gathered, index: number): Window {
  const { metric, startMs, endMs, phase, share, discarded, said } = first;
  const observation = said.kind === 'nothing' ? said.observation : { kind: 'value' as const, cells: withWholes(cells) };
  const window: Window = { version: 1, metric, index, startMs, endMs, phase, share: share ?? 0, observation };
  return discarded === null ? window : { ...window, discarded };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
