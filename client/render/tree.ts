/** The live tree of `watch` and `status`: stages, steps, exposure, gates, deadlines, people. Pure; width-aware. */
import type { StageSpec } from '../../workflows/contract/plan.js';
import type { GateVerdict } from '../../workflows/contract/verdicts.js';
import type { Hold } from '../../workflows/contract/view.js';
import { hasEnded, leaseOf, loweringOf, observedOf, type Standing, verdictOf } from '../standing.js';
import { given } from './decisions.js';
import { exposureText, gateName, interval, limits, percent, unitOf } from './numbers.js';
import type { Paint } from './paint.js';
import { columns, moment, safe, words, wrap } from './text.js';
import { timesLine } from './times.js';

export interface Canvas {
  paint: Paint;
  /** Columns; lines are wrapped at it. */
  width: number;
  nowMs: number;
}

/** Said wherever names are taken at their word. */
export const UNPROVEN = 'UNPROVEN: approvers are who they say they are (development mode)';

export function tree(standing: Standing, canvas: Canvas): string[] {
  return [
    ...header(standing, canvas),
    '',
    ...stages(standing, canvas),
    ...exposure(standing, canvas),
    ...people(standing, canvas),
    ...lastEntries(standing, canvas),
    ...footer(standing, canvas),
  ];
}

function header(standing: Standing, { paint, width, nowMs }: Canvas): string[] {
  const { view, plan, rolloutId, tenant, model } = standing;
  const candidate = view?.candidateVersion ?? plan?.candidate.version ?? 'unknown version';
  const against = view?.baselineVersion ? ` over ${safe(view.baselineVersion)}` : '';
  const since = view ? `, started by ${safe(view.startedBy)} ${moment(view.startedAtMs, nowMs)}` : '';
  return [
    `${paint.bold(safe(model))} ${safe(candidate)}${against}: ${statusText(standing, paint)}`,
    ...wrap(`tenant ${safe(tenant)} · ${rolloutId ?? 'no rollout id'}${since}`, width).map(paint.dim),
    ...(view?.unproven ? [paint.yellow(UNPROVEN)] : []),
    ...standing.notes.flatMap((note) => wrap(`! ${safe(note)}`, width, '  ')).map(paint.yellow),
  ];
}

export function statusText(standing: Standing, paint: Paint): string {
  const { status, view } = standing;
  const text = words(status) + (view?.heldWhile ? ` while ${words(view.heldWhile)}` : '');
  if (status === 'completed') return paint.green(text);
  if (
    ['rolledBack', 'rollingBack', 'rollbackIncomplete', 'refused', 'cancelled', 'terminated', 'failed'].includes(status)
  ) {
    return paint.red(text);
  }
  return ['held', 'awaitingApproval', 'unknown'].includes(status) ? paint.yellow(text) : paint.cyan(text);
}

function stages(standing: Standing, canvas: Canvas): string[] {
  const { plan, view } = standing;
  if (!plan) return [];
  const at = view ? view.stageIndex : plan.stages.findIndex((stage) => stage.name === standing.stage);
  const lines = plan.stages.flatMap((stage, index) => {
    const here = index === at && !hasEnded(standing);
    return [stageLine(stage, index, at, standing, canvas), ...(here ? gates(standing, canvas) : [])];
  });
  const after = standing.status === 'after' ? gates(standing, canvas) : [];
  return plan.after ? [...lines, afterLine(standing, canvas), ...after] : lines;
}

function stageLine(stage: StageSpec, index: number, at: number, standing: Standing, { paint }: Canvas): string {
  const { view } = standing;
  const steps = stage.steps.map((step, i) => {
    const text = exposureText(step);
    return index === at && view?.step === i ? paint.bold(text) : text;
  });
  const passed = standing.status === 'completed' || (at >= 0 && index < at) || standing.status === 'after';
  const here = index === at;
  const mark = passed ? paint.green('✔') : here ? paint.cyan('▶') : ' ';
  const roles = stage.approval?.rules.map((rule) => `${rule.min} ${safe(rule.role)}`).join(' and ');
  const asks = roles && !passed ? paint.dim(`  asks ${roles}`) : '';
  return `${mark} ${paint.bold(safe(stage.name))}  ${steps.join(' → ')}${asks}`;
}

function afterLine(standing: Standing, { paint, nowMs }: Canvas): string {
  const { view, plan } = standing;
  const done = standing.status === 'completed';
  const mark = done ? paint.green('✔') : standing.status === 'after' ? paint.cyan('▶') : ' ';
  const back = plan?.after && plan.after.holdBack > 0 ? `  hold-back ${percent(plan.after.holdBack)}` : '';
  const until = view?.afterUntilMs && !done ? `, until ${moment(view.afterUntilMs, nowMs)}` : '';
  return `${mark} ${paint.bold('after')}  guards${until}${back}`;
}

/** Each gate with estimate, bounds and limits, and below it what it waits for. */
function gates(standing: Standing, canvas: Canvas): string[] {
  const verdict = verdictOf(standing);
  if (!verdict) return standing.live?.lastFailure ? waiting(standing, canvas) : [];
  const rows = verdict.gates.map((gate) => {
    const spec = standing.plan?.gates[gate.gate];
    return [
      `    ${mark(gate, canvas.paint)} ${gateName(gate)}`,
      interval(gate, unitOf(spec)),
      canvas.paint.dim(limits(gate, spec)),
    ];
  });
  const details = verdict.gates.map((gate) =>
    gate.verdict === 'pass' ? [] : wrap(`        ${safe(gate.sentence)}`, canvas.width, '        '),
  );
  const split = verdict.split.broken ? [canvas.paint.red(`    ✘ split: ${safe(verdict.split.sentence)}`)] : [];
  const asOf = canvas.paint.dim(`    as of ${moment(verdict.asOfMs, canvas.nowMs)}`);
  return [
    ...columns(rows).flatMap((line, i) => [line, ...(details[i] ?? [])]),
    ...split,
    asOf,
    ...trouble(standing, canvas),
  ];
}

function mark(gate: GateVerdict, paint: Paint): string {
  return { pass: paint.green('✔'), fail: paint.red('✘'), inconclusive: paint.yellow('…') }[gate.verdict];
}

function waiting(standing: Standing, { paint, width }: Canvas): string[] {
  const text = standing.live?.lastFailure?.message ?? '';
  return wrap(`    ${safe(text)}`, width, '    ').map(paint.dim);
}

/** An activity that fails for another reason than that it is too early. */
function trouble(standing: Standing, { paint, width }: Canvas): string[] {
  const failure = standing.live?.lastFailure;
  if (!failure || failure.type === 'NotYet') return [];
  const text = `    ! ${standing.live?.activity}, attempt ${standing.live?.attempt}: ${safe(failure.message)}`;
  return wrap(text, width, '      ').map(paint.yellow);
}

function exposure(standing: Standing, { paint, nowMs }: Canvas): string[] {
  const { view, flag } = standing;
  const observed = observedOf(standing);
  const seen = observed?.share == null ? 'not measured' : `${percent(observed.share)} (by ${observed.how})`;
  const lease = leaseOf(standing);
  const lapsed = lease !== null && lease <= nowMs;
  const asked = view ? [`asked ${exposureText(view.asked)}, observed ${seen}`] : [];
  const served = flag
    ? [`flag serves ${exposureText(flag.served)}${flag.intact ? '' : paint.red(' (edited by hand)')}`]
    : [];
  const until =
    lease === null
      ? []
      : [lapsed ? paint.red(`lease ran out ${moment(lease, nowMs)}`) : `lease until ${moment(lease, nowMs)}`];
  const parts = [...asked, ...served, ...until];
  return parts.length > 0 ? ['', `exposure  ${parts.join(' · ')}`] : [];
}

function people(standing: Standing, { paint, width, nowMs }: Canvas): string[] {
  const { view } = standing;
  if (!view) return [];
  const held = view.holds.flatMap((hold) =>
    wrap(
      `held      by ${safe(hold.owner)} since ${moment(hold.sinceMs, nowMs)}${until(hold, nowMs)}: ${safe(hold.reason)}`,
      width,
      '          ',
    ),
  );
  const { request } = view;
  if (!request) return held.map(paint.yellow);
  return [
    ...held.map(paint.yellow),
    `awaited   ${view.awaited.map(safe).join(', ') || 'nobody'} for stage ${safe(request.stage)} (up to ${exposureText(request.exposureCap)})`,
    ...given(view, request).flatMap((text) => wrap(`given     ${text}`, width, '          ')),
  ];
}

function until({ untilMs }: Hold, nowMs: number): string {
  return untilMs === undefined ? '' : ` until ${moment(untilMs, nowMs)}`;
}

/** With neither worker nor poll to ask, the journal's end is the best there is. */
function lastEntries({ view, live, journal }: Standing, { nowMs, width }: Canvas): string[] {
  if (view || live) return [];
  return journal.slice(-3).flatMap((entry) => {
    const why = entry.details['sentence'] ?? entry.details['reason'];
    const text = typeof why === 'string' && why !== '' ? `: ${safe(why)}` : '';
    return wrap(`journal   ${moment(entry.atMs, nowMs)} ${words(entry.event)}${text}`, width, '          ');
  });
}

function footer(standing: Standing, canvas: Canvas): string[] {
  const { paint, width, nowMs } = canvas;
  const lowering = loweringOf(standing);
  const back = lowering
    ? [
        ...wrap(`reason    ${safe(lowering.reason)}`, width, '          '),
        ...timesLine(lowering.times).map((line) => `times     ${line}`),
      ]
    : [];
  if (standing.ending) return [...back, ...wrap(`ended     ${safe(standing.ending.sentence)}`, width, '          ')];
  const { next } = standing.view ?? {};
  const when = next?.atMs ? ` at ${moment(next.atMs, nowMs)}` : '';
  return [...back, ...(next ? wrap(`next      ${safe(next.what)}${when}`, width, '          ').map(paint.dim) : [])];
}
