/**
 * Current details in the Temporal UI: Markdown lists (tables come out without spacing there), as of the last change of
 * state; live numbers are on the pending activity. Pure and sandbox-safe.
 */
import type { Exposure, Plan } from './contract/plan.js';
import type { GateVerdict } from './contract/verdicts.js';
import { assuranceOf, awaitedRoles, expiryMs } from './allowed.js';
import { isHeld, type State, stageOf } from './state.js';
import { statusOf } from './status.js';

export function currentDetails(state: State, plan: Plan, nowMs: number): string {
  return [
    heading(state, plan),
    ...position(state, plan),
    ...gates(state),
    ...people(state, nowMs),
    ...toType(state),
  ].join('\n');
}

/** One line on why this rollout is: the workflow's summary, fixed at start. */
export function summaryOf(plan: Plan, rolloutId: string): string {
  return `${plan.model}: ${plan.candidate.version} to everyone, step by step (${rolloutId})`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${Number.isInteger(value) ? value : Number(value.toFixed(2))} %`;
}

export function exposureText(exposure: Exposure): string {
  const cohorts = exposure.cohorts.length > 0 ? `cohorts ${exposure.cohorts.join(', ')}` : '';
  if (exposure.share === 0) return cohorts === '' ? 'nobody' : cohorts;
  return cohorts === '' ? percent(exposure.share) : `${percent(exposure.share)} and ${cohorts}`;
}

function heading(state: State, plan: Plan): string {
  return `## ${plan.model} ${plan.candidate.version}: ${words(statusOf(state))}\n`;
}

function words(status: string): string {
  return status.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function position(state: State, plan: Plan): string[] {
  const stage = stageOf(state, plan);
  const where = stage
    ? `stage **${stage.name}**, step ${state.stepIndex + 1} of ${stage.steps.length}`
    : 'all stages passed';
  const share = state.observed?.share ?? null;
  const seen = share === null ? 'not measured yet' : `${percent(share)} by ${state.observed?.how}`;
  return [
    `- **Where:** ${where}`,
    `- **Exposure:** asked ${exposureText(state.asked)}; observed ${seen}`,
    ...(state.lowering ? [`- **Rolling back:** ${state.lowering.reason}`] : []),
    ...state.holds.map((hold) => `- **Held** by ${hold.owner} since ${time(hold.sinceMs)}: ${hold.reason}`),
    ...(state.bake && !state.bake.passed ? [`- **Decides by:** ${time(state.bake.deadlineMs)}`] : []),
    `- **Assurance:** ${assuranceText(state)}`,
  ];
}

function assuranceText(state: State): string {
  const assurance = assuranceOf(state);
  return assurance === 'identity' ? 'identity, UNPROVEN (development mode)' : `${assurance} decisions`;
}

function gates(state: State): string[] {
  if (!state.verdict) return [];
  const lines = state.verdict.gates
    .slice(0, 20)
    .map((gate) => `- ${mark(gate)} **${gate.gate}**${gate.slice ? ` (${gate.slice})` : ''}: ${gate.sentence}`);
  return ['', `### Gates as of ${time(state.verdict.asOfMs)}`, ...lines];
}

function mark(gate: GateVerdict): string {
  return { pass: 'passed', fail: 'FAILED', inconclusive: 'waiting' }[gate.verdict];
}

function people(state: State, nowMs: number): string[] {
  const { request } = state;
  if (!request) return [];
  const given = state.decisions.filter((d) => d.requestId === request.requestId).map((d) => `${d.by} (${d.decision})`);
  return [
    '',
    `### Decision on stage ${request.stage}`,
    `- **Raises exposure to:** ${exposureText(request.exposureCap)}`,
    `- **Awaited:** ${awaitedRoles(state).join(', ') || 'nobody'}`,
    `- **Given:** ${given.join(', ') || 'none'}`,
    `- **Expires:** ${time(expiryMs(state, request, nowMs))}`,
  ];
}

function toType(state: State): string[] {
  const lines = next(state).map((command) => `- \`${command}\``);
  return lines.length > 0 ? ['', '### What to type next', ...lines] : [];
}

function next(state: State): string[] {
  const back = `sluice rollback ${state.model} --reason "..."`;
  const who = assuranceOf(state) === 'identity' ? '--as NAME' : '--as NAME --key FILE';
  if (state.lowering) return [`sluice watch ${state.model}`];
  if (state.request)
    return [`sluice approve ${state.model} ${who}`, `sluice reject ${state.model} ${who} --reason "..."`, back];
  if (state.holds.some((hold) => hold.cause === 'timeout')) return [`sluice extend ${state.model}`, back];
  if (isHeld(state)) return [`sluice why ${state.model}`, `sluice resume ${state.model}`, back];
  return [`sluice watch ${state.model}`, `sluice why ${state.model}`, back];
}

function time(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
