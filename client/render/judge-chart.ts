/** The confidence sequence of a gate on a terminal: estimate, band, limits, and where it decided. Plain characters. Pure. */
import { figureIn, type Scale, scaleOf, tickText, ticksOf, unitName } from './judge-scale.js';
import type { Change, Point, Track } from './judge-track.js';
import type { Paint } from './paint.js';
import { pad, safe, widthOf } from './text.js';

const ROWS = 12;
const LEFT = 9;
const NARROWEST = 20;

export interface ChartCanvas {
  paint: Paint;
  width: number;
  clock: (ms: number) => string;
}

/** None where the gate never had a number. */
export function chartLines(track: Track, { paint, width, clock }: ChartCanvas): string[] {
  const scale = scaleOf(track);
  if (scale === null) return [];
  const labels = limitLabels(track, scale);
  const right = Math.max(0, ...[...labels.values()].map(widthOf));
  const columns = Math.max(NARROWEST, width - LEFT - 2 - right - 1);
  const plotted = columnsOf(track.points, columns);
  const ticks = tickLabels(track, scale);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const label = ticks.get(row) ?? '';
    const cells = plotted.map((point) => cellAt(point, row, scale, track));
    const limit = labels.get(row);
    return `${label.padStart(LEFT)} ${label === '' ? '│' : '┤'}${cells.join('')}${limit === undefined ? '' : ` ${limit}`}`.trimEnd();
  });
  const marks = marksOf(track, columns);
  const axis = Array.from({ length: columns }, (_, column) => (marks.has(column) ? '▲' : '─')).join('');
  const title = `${track.slice === null ? safe(track.gate) : `${safe(track.gate)} (${safe(track.slice)})`}`;
  const unit = unitName(track.unit);
  return [
    `${paint.bold(title)}: ${safe(track.caption)}${unit === '' ? '' : `, in ${unit}`}`,
    ...rows,
    `${' '.repeat(LEFT)} └${axis}`,
    ...axisText(track, marks, columns, clock).map((line) => `${' '.repeat(LEFT)}  ${line}`),
  ];
}

export const LEGEND = '● estimate   ░ what the data leaves possible at each look   ─ roll back   ┄ pass   ▲ decided';

/** The last look of each column; a look has several columns where there are few. */
function columnsOf(points: readonly Point[], columns: number): (Point | undefined)[] {
  return Array.from({ length: columns }, (_, column) => {
    const after = Math.max(1, Math.floor(((column + 1) * points.length) / columns));
    return points[Math.max(after - 1, Math.floor((column * points.length) / columns))];
  });
}

function rowOf(value: number, { low, high }: Scale): number {
  return Math.floor(((high - value) / (high - low)) * ROWS);
}

function cellAt(point: Point | undefined, row: number, scale: Scale, track: Track): string {
  const estimate = point?.estimate ?? null;
  if (estimate !== null) {
    const at = rowOf(estimate, scale);
    if (at === row) return '●';
    if (at < 0 && row === 0) return '↑';
    if (at >= ROWS && row === ROWS - 1) return '↓';
  }
  if (track.rollbackLimit !== null && rowOf(track.rollbackLimit, scale) === row) return '─';
  if (track.promoteLimit !== null && rowOf(track.promoteLimit, scale) === row) return '┄';
  if (estimate === null || !point) return ' ';
  const top = point.upper === null ? 0 : rowOf(point.upper, scale);
  const bottom = point.lower === null ? ROWS - 1 : rowOf(point.lower, scale);
  return row >= top && row <= bottom ? '░' : ' ';
}

function limitLabels({ rollbackLimit, promoteLimit, unit }: Track, scale: Scale): Map<number, string> {
  const labels = new Map<number, string>();
  const add = (limit: number | null, word: string) => {
    if (limit === null) return;
    const row = rowOf(limit, scale);
    const known = labels.get(row);
    labels.set(
      row,
      known === undefined ? `${word} ${figureIn(limit, unit)}` : `${known}, ${word} ${figureIn(limit, unit)}`,
    );
  };
  if (rollbackLimit !== null && rollbackLimit === promoteLimit) add(rollbackLimit, 'both limits');
  else {
    add(rollbackLimit, 'roll back');
    add(promoteLimit, 'pass');
  }
  return labels;
}

function tickLabels({ unit }: Track, scale: Scale): Map<number, string> {
  const ticks = ticksOf(scale, 4);
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0) || scale.high - scale.low;
  return new Map(ticks.map((tick) => [rowOf(tick, scale), tickText(tick, unit, step)]));
}

/** Columns in which the gate decided, with what. */
function marksOf({ points, changes }: Track, columns: number): Map<number, Change> {
  const decided = changes.filter(({ verdict }) => verdict !== 'inconclusive');
  return new Map(
    decided.map((change) => [Math.floor((change.look * columns) / points.length), change] as const).toReversed(),
  );
}

/** Times at both ends, and below the decisions what they were: the first ones win the room there is. */
function axisText(
  { points }: Track,
  marks: Map<number, Change>,
  columns: number,
  clock: (ms: number) => string,
): string[] {
  const [from, to] = [clock(points[0]?.startMs ?? 0), clock(points.at(-1)?.endMs ?? 0)];
  const times = widthOf(from) + widthOf(to) < columns ? pad(from, columns - widthOf(to)) + to : from;
  let line = '';
  for (const [column, { verdict, window }] of [...marks].sort(([a], [b]) => a - b)) {
    const text = `${verdict} at ${window}`;
    const at = Math.max(0, Math.min(column, columns - text.length));
    if (line !== '' && at < line.length + 2) continue;
    line = pad(line, at) + text;
  }
  return line === '' ? [times] : [line, times];
}
