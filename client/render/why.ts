/** `sluice why`: what holds it, with numbers; who can act, with which command; what happens by itself, and when. Pure. */
import { loweringOf, type Standing, verdictOf } from '../standing.js';
import type { Hold } from '../../workflows/contract/view.js';
import { ways } from './commands.js';
import { given } from './decisions.js';
import { exposureText, gateName, interval, limits, unitOf } from './numbers.js';
import { clock, columns, duration, moment, safe, words, wrap } from './text.js';
import { timesLine } from './times.js';
import { type Canvas, statusText, UNPROVEN } from './tree.js';

export function why(standing: Standing, canvas: Canvas): string[] {
  const { paint, width } = canvas;
  const body = (lines: string[]): string[] => lines.flatMap((line) => wrap(`  ${line}`, width, '    '));
  const section = (title: string, lines: string[]): string[] =>
    lines.length > 0 ? ['', paint.bold(title), ...body(lines)] : [];
  return [
    `${paint.bold(safe(standing.model))}: ${statusText(standing, paint)}${standing.stage ? `, stage ${safe(standing.stage)}` : ''}`,
    ...(standing.view?.unproven ? [paint.yellow(UNPROVEN)] : []),
    ...standing.notes.flatMap((note) => wrap(`! ${safe(note)}`, width, '  ')).map(paint.yellow),
    ...section(standing.ending ? 'Why it ended' : 'What holds it', causes(standing, canvas)),
    ...section('The numbers', numbers(standing)),
    ...people(standing, paint.bold),
    ...section('By itself', byItself(standing, canvas)),
  ];
}

/** In the order in which things win: lowering, holds, people, the judge, plain work. */
function causes(standing: Standing, { nowMs }: Canvas): string[] {
  const { view, live, ending } = standing;
  const lowering = loweringOf(standing);
  if (ending)
    return [safe(ending.sentence), ...(lowering ? [safe(lowering.reason), ...timesLine(lowering.times)] : [])];
  if (lowering) return [`Rolling back: ${safe(lowering.reason)}`, ...timesLine(lowering.times), ...failing(standing)];
  const holds = (view?.holds ?? []).flatMap((hold) => [
    `Held by ${safe(hold.owner)} (${words(hold.cause)}) for ${duration(nowMs - hold.sinceMs)}: ${safe(hold.reason)}`,
    ...explained(hold),
  ]);
  const request = view?.request;
  const asked = request
    ? [
        `Stage ${safe(request.stage)} awaits ${view.awaited.map(safe).join(', ') || 'nobody more'}; it would raise exposure to ${exposureText(request.exposureCap)}.`,
        ...given(view, request).map((text) => `Given: ${text}.`),
      ]
    : [];
  const verdict = verdictOf(standing);
  const judged = verdict && verdict.verdict !== 'pass' ? [safe(verdict.sentence)] : [];
  const all = [...holds, ...asked, ...judged, ...failing(standing)];
  if (all.length > 0) return all;
  if (live?.lastFailure?.type === 'NotYet') return [safe(live.lastFailure.message)];
  return view ? [`Nothing: it is ${words(view.status)}.`] : lastWords(standing, nowMs);
}

/** What a hold means that nobody at a keyboard made. */
function explained({ cause }: Hold): string[] {
  switch (cause) {
    case 'frozen':
      return ['Nothing is raised while the policy freezes it, whatever was approved; lowering is always free.'];
    case 'quorumLost':
      return [
        'A decision behind the raise does not count any more (its key was revoked, or the person removed): nothing was raised, and people are asked anew after a resume.',
      ];
    default:
      return [];
  }
}

function failing({ live }: Standing): string[] {
  const failure = live?.lastFailure;
  if (!failure || failure.type === 'NotYet') return [];
  return [`${live.activity} has failed ${live.attempt - 1} times (${safe(failure.type)}): ${safe(failure.message)}`];
}

/** With no worker and no poll to read, the journal's last entries are the best there is. */
function lastWords(standing: Standing, nowMs: number): string[] {
  const last = standing.journal.slice(-3);
  if (last.length === 0) return ['Not known: nobody who knows answers.'];
  return [
    'Not known for certain. The journal ends with:',
    ...last.map((e) => `${clock(e.atMs, nowMs)} ${words(e.event)}${e.by ? ` by ${safe(e.by)}` : ''}`),
  ];
}

function numbers(standing: Standing): string[] {
  const verdict = verdictOf(standing) ?? loweringOf(standing)?.verdict ?? null;
  if (!verdict) return [];
  const open = verdict.gates.filter((gate) => gate.verdict !== 'pass');
  const rows = open.map((gate) => {
    const spec = standing.plan?.gates[gate.gate];
    const units = `${gate.units.candidate} candidate, ${gate.units.baseline} baseline units`;
    return `${gateName(gate)}: ${interval(gate, unitOf(spec))} at level ${gate.level} (${limits(gate, spec)}; ${units}). ${safe(gate.sentence)}`;
  });
  const passed = verdict.gates.filter((gate) => gate.verdict === 'pass').map(gateName);
  return [...rows, ...(passed.length > 0 ? [`passed: ${passed.join(', ')}`] : [])];
}

/** Commands stay whole: they are to be copied. */
function people(standing: Standing, bold: (text: string) => string): string[] {
  const rows = ways(standing).map((way) => [`  ${safe(way.who)}`, safe(way.command), safe(way.effect)]);
  return rows.length > 0 ? ['', bold('Who can act'), ...columns(rows)] : [];
}

function byItself(standing: Standing, { nowMs }: Canvas): string[] {
  const { view, live, flag } = standing;
  if (standing.ending) return [];
  const lease = flag?.state.leaseUntilMs ?? live?.heartbeat?.leaseUntilMs ?? null;
  const lapses = (view?.holds ?? []).flatMap(({ cause, untilMs }) =>
    untilMs === undefined ? [] : [`the hold (${words(cause)}) lifts: ${moment(untilMs, nowMs)}`],
  );
  return [
    ...lapses,
    ...(view ? [`${safe(view.next.what)}${view.next.atMs ? `: ${moment(view.next.atMs, nowMs)}` : ''}`] : []),
    ...(live?.nextAttemptMs && live.nextAttemptMs > nowMs ? [`next look: ${moment(live.nextAttemptMs, nowMs)}`] : []),
    ...(lease === null ? [] : [leaseText(lease, nowMs)]),
  ];
}

function leaseText(lease: number, nowMs: number): string {
  if (lease <= nowMs) return `the lease ran out ${moment(lease, nowMs)}: users are on the baseline`;
  return `unless renewed, the lease puts users back on the baseline: ${moment(lease, nowMs)}`;
}
