/** The confidence sequences as one self-contained SVG: a panel for each gate and slice. No script, no font, no link. Pure. */
import { figureIn, type Scale, scaleOf, tickText, ticksOf, unitName } from './judge-scale.js';
import type { Point, Section, Track } from './judge-track.js';
import { safe, wrap } from './text.js';

const WIDTH = 960;
const PANEL = 312;
const PLOT = { left: 84, right: 790, top: 80, bottom: 232 };
/** More points than this are not told apart at this width. */
const MOST_POINTS = 1_400;
const CHARACTERS = 132;
const HEAD = 52;

const STYLE = `
  text { font-family: system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; font-size: 13px; fill: #24292f; }
  .title { font-size: 16px; font-weight: 600; }
  .small { font-size: 12px; fill: #57606a; }
  .band { fill: #cfe2f6; }
  .estimate { fill: none; stroke: #0b4f9c; stroke-width: 1.8; stroke-linejoin: round; }
  .grid { stroke: #e6e9ed; }
  .axis { stroke: #8c959f; }
  .back { stroke: #c0262d; stroke-width: 1.4; }
  .pass { stroke: #1a7f37; stroke-width: 1.4; stroke-dasharray: 6 4; }
  .backText { fill: #c0262d; }
  .passText { fill: #1a7f37; }
  .section { stroke: #b7bec6; stroke-dasharray: 2 4; }`;

export interface Drawing {
  title: string;
  tracks: readonly Track[];
  sections: readonly Section[];
  clock: (ms: number) => string;
}

export function svgOf(drawing: Drawing): string {
  const drawn = drawing.tracks.flatMap((track) => {
    const scale = scaleOf(track);
    return scale === null ? [] : [{ track, scale }];
  });
  const height = HEAD + Math.max(1, drawn.length) * PANEL;
  const panels = drawn.map(
    ({ track, scale }, index) =>
      `<g transform="translate(0 ${HEAD + index * PANEL})">${panel(track, scale, drawing)}</g>`,
  );
  const body = panels.length > 0 ? panels : [text(PLOT.left, HEAD + 40, 'No gate had a number to draw.', 'small')];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(drawing.title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(20, 30, drawing.title, 'small'),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function panel(track: Track, scale: Scale, { sections, clock }: Drawing): string {
  const points = thinned(track.points);
  const [fromMs, toMs] = [track.points[0]?.startMs ?? 0, track.points.at(-1)?.endMs ?? 1];
  const x = (ms: number) => PLOT.left + ((ms - fromMs) / Math.max(1, toMs - fromMs)) * (PLOT.right - PLOT.left);
  const y = (value: number) => {
    const at = PLOT.bottom - ((value - scale.low) / (scale.high - scale.low)) * (PLOT.bottom - PLOT.top);
    return Math.min(PLOT.bottom, Math.max(PLOT.top, at));
  };
  const name = track.slice === null ? track.gate : `${track.gate} (${track.slice})`;
  const unit = unitName(track.unit);
  return [
    text(20, 22, name, 'title'),
    text(20, 42, `${track.caption}${unit === '' ? '' : `, in ${unit}`}`, 'small'),
    ...valueAxis(track, scale, y),
    ...timeAxis(fromMs, toMs, x, clock),
    ...stretches(points).flatMap((stretch) => [band(stretch, x, y), line(stretch, x, y)]),
    ...sectionMarks(sections, track, x),
    ...limits(track, y),
    ...decisions(track, x, y, clock),
    ...wrap(track.last === null ? '' : `At the end: ${track.last.sentence}`, CHARACTERS)
      .slice(0, 3)
      .map((words, row) => text(20, 270 + row * 17, words)),
  ].join('\n');
}

/** The last look of each stretch, and every look at which the verdict changed is marked apart. */
function thinned(points: readonly Point[]): Point[] {
  if (points.length <= MOST_POINTS) return [...points];
  return Array.from(
    { length: MOST_POINTS },
    (_, i) => points[Math.floor(((i + 1) * points.length) / MOST_POINTS) - 1],
  ).filter((point) => point !== undefined);
}

type Known = Point & { estimate: number };

/** Looks with numbers, cut where there are none. */
function stretches(points: readonly Point[]): Known[][] {
  const found: Known[][] = [];
  let open: Known[] | null = null;
  for (const point of points) {
    if (point.estimate === null) open = null;
    else {
      if (open === null) found.push((open = []));
      open.push(point as Known);
    }
  }
  return found;
}

type Along = (value: number) => number;

function band(points: readonly Known[], x: Along, y: Along): string {
  const upper = points.map(({ endMs, upper: value }) => at(x(endMs), value === null ? PLOT.top : y(value)));
  const lower = points.map(({ endMs, lower: value }) => at(x(endMs), value === null ? PLOT.bottom : y(value)));
  return `<polygon class="band" points="${[...upper, ...lower.toReversed()].join(' ')}"/>`;
}

function line(points: readonly Known[], x: Along, y: Along): string {
  return `<polyline class="estimate" points="${points.map(({ endMs, estimate }) => at(x(endMs), y(estimate))).join(' ')}"/>`;
}

function valueAxis({ unit }: Track, scale: Scale, y: Along): string[] {
  const ticks = ticksOf(scale, 5);
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0) || scale.high - scale.low;
  return [
    ...ticks.flatMap((tick) => [
      `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${fix(y(tick))}" y2="${fix(y(tick))}"/>`,
      text(PLOT.left - 8, y(tick) + 4, tickText(tick, unit, step), 'small', 'end'),
    ]),
    `<line class="axis" x1="${PLOT.left}" x2="${PLOT.left}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>`,
    `<line class="axis" x1="${PLOT.left}" x2="${PLOT.right}" y1="${PLOT.bottom}" y2="${PLOT.bottom}"/>`,
  ];
}

function timeAxis(fromMs: number, toMs: number, x: Along, clock: (ms: number) => string): string[] {
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => fromMs + part * (toMs - fromMs));
  return marks.map((ms, i) =>
    text(x(ms), PLOT.bottom + 18, clock(ms), 'small', i === 0 ? 'start' : i === marks.length - 1 ? 'end' : 'middle'),
  );
}

function limits({ rollbackLimit, promoteLimit, unit }: Track, y: Along): string[] {
  const across = (value: number, kind: string) =>
    `<line class="${kind}" x1="${PLOT.left}" x2="${PLOT.right}" y1="${fix(y(value))}" y2="${fix(y(value))}"/>`;
  const label = (value: number, words: string, kind: string, shift: number) =>
    text(PLOT.right + 8, y(value) + 4 + shift, `${words} ${figureIn(value, unit)}`, `${kind}Text`);
  if (rollbackLimit !== null && rollbackLimit === promoteLimit)
    return [across(rollbackLimit, 'back'), label(rollbackLimit, 'both limits', 'back', 0)];
  const close = rollbackLimit !== null && promoteLimit !== null && Math.abs(y(rollbackLimit) - y(promoteLimit)) < 16;
  const rollbackAbove = rollbackLimit !== null && promoteLimit !== null && rollbackLimit > promoteLimit;
  const shift = close ? (rollbackAbove ? -8 : 8) : 0;
  return [
    ...(rollbackLimit === null
      ? []
      : [across(rollbackLimit, 'back'), label(rollbackLimit, 'roll back', 'back', shift)]),
    ...(promoteLimit === null ? [] : [across(promoteLimit, 'pass'), label(promoteLimit, 'pass', 'pass', -shift)]),
  ];
}

function decisions({ points, changes }: Track, x: Along, y: Along, clock: (ms: number) => string): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return changes.flatMap(({ look, window, verdict }) => {
    const point = points[look];
    if (verdict === 'inconclusive' || !point) return [];
    const kind = verdict === 'fail' ? 'back' : 'pass';
    const left = x(point.endMs);
    const words = `${verdict} at window ${window}, ${clock(point.endMs)}`;
    const wide = 6.6 * words.length;
    const from = Math.min(left, PLOT.right - wide);
    const labelled = from > free;
    if (labelled) free = from + wide + 12;
    return [
      `<line class="${kind}" x1="${fix(left)}" x2="${fix(left)}" y1="${PLOT.top - 6}" y2="${PLOT.bottom}"/>`,
      ...(point.estimate === null
        ? []
        : [
            `<circle cx="${fix(left)}" cy="${fix(y(point.estimate))}" r="4" fill="${verdict === 'fail' ? '#c0262d' : '#1a7f37'}"/>`,
          ]),
      ...(labelled ? [text(from, PLOT.top - 10, words, `${kind}Text`)] : []),
    ];
  });
}

/** Where each step begins; its name where there is room for it. */
function sectionMarks(sections: readonly Section[], { points }: Track, x: Along): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return sections.flatMap(({ name, fromLook }) => {
    const point = points[fromLook];
    if (name === '' || !point) return [];
    const left = x(point.startMs);
    const fits = left > free;
    if (fits) free = left + 8 + 6.4 * name.length;
    return [
      `<line class="section" x1="${fix(left)}" x2="${fix(left)}" y1="${PLOT.top}" y2="${PLOT.bottom}"/>`,
      ...(fits ? [text(left + 4, PLOT.bottom - 6, name, 'small')] : []),
    ];
  });
}

function text(x: number, y: number, words: string, kind = '', anchor = ''): string {
  const attributes = `${kind === '' ? '' : ` class="${kind}"`}${anchor === '' ? '' : ` text-anchor="${anchor}"`}`;
  return `<text x="${fix(x)}" y="${fix(y)}"${attributes}>${escaped(words)}</text>`;
}

function at(x: number, y: number): string {
  return `${fix(x)},${fix(y)}`;
}

function fix(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(words: string): string {
  return safe(words).replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}
