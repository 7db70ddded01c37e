/** What re-judging found, for people: the first decision with its numbers, the verdicts as they changed, the charts. Pure. */
import type { GateVerdict, VerdictKind } from '../../workflows/contract/verdicts.js';
import { chartLines, LEGEND } from './judge-chart.js';
import { clockOf, intervalText } from './judge-scale.js';
import type { Change, Story, Track } from './judge-track.js';
import { gateName, limits } from './numbers.js';
import type { Paint } from './paint.js';
import { columns, duration, pad, safe, widthOf, wrap } from './text.js';
import type { Canvas } from './tree.js';

/** More charts are for a file: --svg draws all. */
const MOST_CHARTS = 4;
/** Changes of one gate a person reads. */
const MOST_CHANGES = 6;

export function judgeLines(story: Story, canvas: Canvas): string[] {
  return [
    ...decisionLines(story, canvas),
    ...numbersLines(story, canvas),
    ...changeLines(story, canvas),
    ...chartsLines(story, canvas),
    '',
    headline(story, canvas),
  ];
}

/** How moments read in this story. */
export function storyClock({ times }: Story): (ms: number) => string {
  const from = times[0]?.startMs ?? 0;
  return clockOf(from, times.at(-1)?.endMs ?? from + 1);
}

export function mark(verdict: VerdictKind, paint: Paint): string {
  return { pass: paint.green('✔'), fail: paint.red('✘'), inconclusive: paint.yellow('…') }[verdict];
}

/** The one line to read first, and last: what stands above has left the screen by then. */
function headline(story: Story, { paint }: Canvas): string {
  const { deciding: look, first } = story;
  if (!look) return 'No window was judged.';
  const clock = storyClock(story);
  const began = story.where?.beganMs ?? story.times[0]?.startMs ?? look.startMs;
  const after = `${duration(look.endMs - began)} of data`;
  const step = story.where === null ? '' : safe(story.where.name);
  if (first === null) {
    const looks = story.where?.looks ?? story.looks;
    const text = `UNDECIDED${step && ` at ${step}`} after ${looks} ${looks === 1 ? 'look' : 'looks'}, ${after}`;
    return `${mark('inconclusive', paint)} ${paint.bold(text)}`;
  }
  const { verdict, window, gate, slice } = first;
  const which = gate === null ? 'every gate' : trackName({ gate, slice });
  const when = `window ${window} (${clock(look.startMs)} to ${clock(look.endMs)}), after ${after}`;
  return `${mark(verdict, paint)} ${paint.bold(`${verdict.toUpperCase()} at ${step && `${step}, `}${when}: ${which}`)}`;
}

function decisionLines(story: Story, canvas: Canvas): string[] {
  const said = story.deciding?.verdict;
  if (!said) return [headline(story, canvas)];
  const split = said.split.broken && said.sentence !== said.split.sentence ? [said.split.sentence] : [];
  return [
    headline(story, canvas),
    ...[said.sentence, ...split].flatMap((line) => wrap(`  ${safe(line)}`, canvas.width, '  ')),
  ];
}

function numbersLines(story: Story, { paint, width }: Canvas): string[] {
  const { deciding: look } = story;
  if (!look) return [];
  const { gates } = look.verdict;
  const whole = columns(gates.map((gate) => numbersRow(story, gate, paint)));
  // The sentences name the limits too, so they are the first to go where there is no room.
  const fits = whole.every((line) => widthOf(line) <= width);
  const rows = fits ? whole : columns(gates.map((gate) => numbersRow(story, gate, paint).slice(0, -1)));
  return [
    '',
    paint.bold(`Every gate at window ${look.window}`),
    ...gates.flatMap((gate, i) => [rows[i] ?? '', ...wrap(`      ${safe(gate.sentence)}`, width, '      ')]),
  ];
}

function numbersRow(story: Story, gate: GateVerdict, paint: Paint): string[] {
  const unit = trackOf(story, gate)?.unit ?? 'abs';
  return [
    `  ${mark(gate.verdict, paint)} ${gateName(gate)}`,
    gate.verdict,
    intervalText(gate, unit),
    paint.dim(limits(gate, story.plan.gates[gate.gate])),
  ];
}

function trackOf({ tracks }: Story, { gate, slice }: GateVerdict): Track | undefined {
  return tracks.get(JSON.stringify([gate, slice]));
}

function changeLines(story: Story, { paint, width }: Canvas): string[] {
  const clock = storyClock(story);
  const rows: [string, string][] = [
    ['all gates', changesText(story.changes, clock)],
    ...[...story.tracks.values()].map((track): [string, string] => [
      trackName(track),
      changesText(track.changes, clock),
    ]),
  ];
  const names = Math.max(...rows.map(([name]) => widthOf(name)));
  const indent = ' '.repeat(names + 4);
  const lines = rows.flatMap(([name, text]) => wrap(`  ${pad(name, names)}  ${text}`, width, indent));
  return ['', paint.bold('Verdicts, where they changed'), ...lines];
}

function changesText(changes: readonly Change[], clock: (ms: number) => string): string {
  const text = ({ verdict, window, startMs }: Change) => `${verdict} from ${window} (${clock(startMs)})`;
  const shown = changes.slice(0, MOST_CHANGES).map(text);
  const last = changes.at(-1);
  const hidden = changes.length - shown.length;
  if (hidden > 0 && last) shown.push(...(hidden > 1 ? [`${hidden - 1} more`] : []), text(last));
  return shown.join(' → ');
}

export function trackName({ gate, slice }: Pick<Track, 'gate' | 'slice'>): string {
  return slice === null ? safe(gate) : `${safe(gate)} (${safe(slice)})`;
}

function chartsLines(story: Story, { paint, width }: Canvas): string[] {
  const clock = storyClock(story);
  const charts = inOrderOfInterest(story).flatMap((track) => {
    const lines = chartLines(track, { paint, width, clock });
    return lines.length > 0 ? [lines] : [];
  });
  if (charts.length === 0) return [];
  const hidden = charts.length - MOST_CHARTS;
  return [
    '',
    ...charts.slice(0, MOST_CHARTS).flatMap((lines) => [...lines, '']),
    paint.dim(LEGEND),
    ...(hidden > 0 ? [paint.dim(`${hidden} more are drawn by --svg FILE`)] : []),
  ];
}

/** What decided, then what failed, then the wholes before their slices. */
export function inOrderOfInterest({ tracks, first }: Story): Track[] {
  const rank = (track: Track): number => {
    if (first?.gate === track.gate && first.slice === track.slice) return 0;
    if (track.changes.some(({ verdict }) => verdict === 'fail')) return 1;
    return track.slice === null ? 2 : 3;
  };
  return [...tracks.values()].sort((a, b) => rank(a) - rank(b));
}
