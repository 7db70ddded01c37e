/**
 * "Zero, observed for one window" against "zero by configuration": after the store shows zero, traffic must show it too,
 * where a source counts traffic. Candidate traffic that goes on is never waved through; silence is, after a deadline.
 */
import { Context } from '@temporalio/activity';
import type { ConfirmZeroInput, ZeroConfirmed } from '../workflows/contract/activities.js';
import type { Plan } from '../workflows/contract/plan.js';
import type { Observation } from '../workflows/contract/windows.js';
import type { ActivityDeps } from './deps.js';
import { notYet } from './failures.js';
import type { RolloutEvidence } from './store/adapter.js';
import { loadPlan } from './store/plan.js';
import { trafficMetrics, trafficOf } from './traffic.js';

/** Where the pages and windows of this last look are kept. */
const KEY = 'after/zero-0-1';

export function confirmZero(deps: ActivityDeps): (input: ConfirmZeroInput) => Promise<ZeroConfirmed> {
  return async (input) => {
    const late = deps.now() >= input.deadlineMs;
    const seen = await look(deps, input).catch((error: unknown) => ({
      kind: 'unknown' as const,
      why: messageOf(error),
      retryMs: 1_000,
    }));
    if (seen.kind === 'zero') return { how: 'traffic', atMs: seen.atMs, sentence: seen.sentence };
    if (seen.kind === 'traffic') throw notYet(seen.sentence, seen.retryMs);
    if (!late) throw notYet(`Zero is in force; no window has shown it yet: ${seen.why}.`, seen.retryMs);
    return {
      how: 'configuration',
      atMs: deps.now(),
      sentence: `Zero by configuration; traffic could not confirm it: ${seen.why}.`,
    };
  };
}

type Seen =
  | { kind: 'zero'; atMs: number; sentence: string }
  | { kind: 'traffic'; sentence: string; retryMs: number }
  | { kind: 'unknown'; why: string; retryMs: number };

async function look(deps: ActivityDeps, input: ConfirmZeroInput): Promise<Seen> {
  const connections = deps.connections(input.tenant);
  const evidence = await connections.evidence().open(input.tenant, input.rolloutId);
  const plan = await loadPlan(evidence, input.planDigest);
  const counter = trafficMetric(plan);
  if (!counter) return { kind: 'unknown', why: 'no source of this plan counts traffic', retryMs: 1_000 };
  const { source, name, metric } = counter;
  const adapter = connections.source(source);
  try {
    const windows = await adapter.collect({
      metrics: { [metric]: plan.metrics[metric] as Plan['metrics'][string] },
      source,
      // Window n of a scrape runs from page n to page n + 1; a query goes by `sinceMs`.
      cursor: Math.max(0, await evidence.lastRaw(KEY, name)),
      sinceMs: input.sinceMs,
      nowMs: deps.now(),
      signal: Context.current().cancellationSignal,
      kept: (index) => evidence.getRaw(KEY, name, index),
      keep: (index, raw) => evidence.putRaw(KEY, name, index, raw),
    });
    const whole = windows.filter((window) => window.startMs >= input.sinceMs).at(-1);
    const retryMs = Math.max(500, Math.min(source.windowMs, 10_000));
    if (!whole) return { kind: 'unknown', why: 'no whole window has closed', retryMs };
    await store(evidence, metric, whole);
    return read(whole.observations[metric], whole.endMs, retryMs);
  } finally {
    await adapter.close();
  }
}

async function store(
  evidence: RolloutEvidence,
  metric: string,
  window: { index: number; startMs: number; endMs: number; observations: Record<string, Observation> },
): Promise<void> {
  const { index, startMs, endMs } = window;
  const observation = window.observations[metric] ?? { kind: 'noData' as const, reason: 'the source says nothing' };
  await evidence.putWindow(KEY, { version: 1, metric, index, startMs, endMs, phase: 'after', share: 0, observation });
}

/** Scrapes count requests of both arms at once; other sources will do. */
function trafficMetric(plan: Plan): { metric: string; name: string; source: Plan['sources'][string] } | null {
  const counting = trafficMetrics(plan).flatMap((metric) => {
    const name = plan.metrics[metric]?.from ?? '';
    const source = plan.sources[name];
    return source ? [{ metric, name, source }] : [];
  });
  return counting.find(({ source }) => source.kind === 'scrape') ?? counting[0] ?? null;
}

function read(observation: Observation | undefined, endMs: number, retryMs: number): Seen {
  if (observation?.kind !== 'value') return { kind: 'unknown', why: 'the window has no numbers', retryMs };
  const units = { baseline: 0, candidate: 0 };
  for (const { arm, via, slice, payload } of observation.cells) {
    if (slice !== null || (arm === 'candidate' && via === 'none')) continue;
    units[arm] += trafficOf(payload);
  }
  if (units.candidate > 0) {
    return {
      kind: 'traffic',
      retryMs,
      sentence: `Zero is in force, but ${units.candidate} units still reached the candidate in the last window.`,
    };
  }
  if (units.baseline === 0) return { kind: 'unknown', why: 'no unit reached either arm', retryMs };
  return {
    kind: 'zero',
    atMs: endMs,
    sentence: `Zero observed: ${units.baseline} units on the baseline in one whole window, none on the candidate.`,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
