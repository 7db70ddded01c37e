/** Closes the windows that are due, of every source, into the evidence store: what is stored is what is judged. */
import type { BakeHeartbeat } from '../../workflows/contract/activities.js';
import type { MetricSpec, SourceSpec } from '../../workflows/contract/plan.js';
import type { Window, WindowPhase } from '../../workflows/contract/windows.js';
import type { CollectedWindow } from '../sources/adapter.js';
import type { Look } from './bake.js';
import { disturbedUntil } from './disturbance.js';
import { inForceSince } from './in-force.js';
import { pagesOf } from './memory.js';
import { directoryOf } from './showing.js';

export interface Due {
  /** New windows, oldest first within each metric. */
  windows: Window[];
  cursor: Record<string, number>;
  silentSinceMs: Record<string, number>;
  failures: string[];
  /** A source has more closed windows than one look takes. */
  behind: boolean;
}

/** As many windows of one source as an attempt of five seconds can be sure to manage. */
const PER_LOOK = 5;

export async function collectDue(look: Look, memory: BakeHeartbeat): Promise<Due> {
  const due: Due = {
    windows: [],
    cursor: { ...memory.cursor },
    silentSinceMs: { ...memory.silentSinceMs },
    failures: [],
    behind: false,
  };
  const taken = await Promise.all(
    Object.entries(look.plan.sources).map(([name, source]) => collectOne(look, name, source, memory)),
  );
  const fit = { sinceMs: await inForceSince(look.evidence), editedUntilMs: await disturbedUntil(look) };
  for (const { name, collected, failure } of taken) {
    const windows = collected.flatMap((window) => stamp(look, name, window, fit));
    for (const window of windows) due.windows.push(await keep(look, window));
    const last = collected.at(-1);
    if (last) due.cursor[name] = last.index + 1;
    due.behind ||= collected.length >= PER_LOOK;
    noteSilence(look, due, name, windows);
    if (failure === null) continue;
    due.failures.push(failure);
    due.silentSinceMs[name] ??= look.nowMs;
  }
  return due;
}

interface Taken {
  name: string;
  collected: CollectedWindow[];
  failure: string | null;
}

async function collectOne(look: Look, name: string, source: SourceSpec, memory: BakeHeartbeat): Promise<Taken> {
  const { input, deps, evidence, nowMs, signal } = look;
  const metrics = metricsOf(look, name);
  if (Object.keys(metrics).length === 0) return { name, collected: [], failure: null };
  const adapter = deps.connections(input.tenant).source(source);
  const pages = pagesOf(input);
  try {
    const collected = await adapter.collect({
      metrics,
      source,
      cursor: memory.cursor[name] ?? 0,
      sinceMs: input.sinceMs,
      nowMs,
      signal,
      kept: (index) => evidence.getRaw(pages, name, index),
      keep: (index, raw) => evidence.putRaw(pages, name, index, raw),
    });
    return { name, ...usable(collected.slice(0, PER_LOOK)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return { name, collected: [], failure: `Source ${name} does not answer: ${why}` };
  } finally {
    await adapter.close();
  }
}

/** A window that could not be read whole is asked for again; only what is final is kept. */
function usable(collected: CollectedWindow[]): Pick<Taken, 'collected' | 'failure'> {
  const faults = collected.map(({ observations }) =>
    Object.values(observations).find((seen) => seen.kind === 'error' && seen.retryable),
  );
  const first = faults.findIndex((fault) => fault !== undefined);
  const fault = faults[first];
  if (fault?.kind !== 'error') return { collected, failure: null };
  return { collected: collected.slice(0, first), failure: `Source error: ${fault.message}` };
}

function metricsOf(look: Look, source: string): Record<string, MetricSpec> {
  return Object.fromEntries(Object.entries(look.plan.metrics).filter(([, metric]) => metric.from === source));
}

const PHASES: Record<Look['input']['mode'], WindowPhase> = { bake: 'bake', guard: 'guard', after: 'after' };

/** Windows that touch a change of exposure, the warm-up or an edit by hand are kept as evidence but not judged. */
function stamp(look: Look, source: string, collected: CollectedWindow, fit: Fit): Window[] {
  const { input } = look;
  const reason = unfit(look, collected, fit);
  return Object.keys(metricsOf(look, source)).map((metric) => ({
    version: 1,
    metric,
    index: collected.index,
    startMs: collected.startMs,
    endMs: collected.endMs,
    phase: PHASES[input.mode],
    share: input.exposure.share,
    observation: collected.observations[metric] ?? {
      kind: 'noData',
      reason: 'the source says nothing about this metric',
    },
    ...(reason === null ? {} : { discarded: reason }),
  }));
}

/** Why windows at the beginning of a bake are not judged: judged time begins after them. */
export const TOO_EARLY = 'it began before this exposure was in force';
export const WARMING_UP = 'it belongs to the warm-up';

interface Fit {
  /** By this worker's own note of the raise: what the order says of it may be somebody's invention. */
  sinceMs: number;
  editedUntilMs: number;
}

function unfit({ input, plan }: Look, { startMs }: CollectedWindow, { sinceMs, editedUntilMs }: Fit): string | null {
  const stage = plan.stages.find((candidate) => candidate.name === input.stage);
  if (startMs < Math.max(input.sinceMs, sinceMs)) return TOO_EARLY;
  if (startMs < input.sinceMs + (stage?.bake.warmupMs ?? 0)) return WARMING_UP;
  return startMs < editedUntilMs ? 'the flag was edited meanwhile' : null;
}

/** Another attempt may have stored this window already; then that one is the truth. */
async function keep(look: Look, window: Window): Promise<Window> {
  const key = directoryOf(look.input);
  if (await look.evidence.putWindow(key, window)) return window;
  const [stored] = await look.evidence.windows(key, window.metric, window.index);
  return stored && stored.index === window.index ? stored : window;
}

function noteSilence(look: Look, due: Due, name: string, windows: Window[]): void {
  if (windows.length === 0) return;
  const silent = windows.every((window) => window.observation.kind === 'error');
  if (!silent) delete due.silentSinceMs[name];
  else due.silentSinceMs[name] ??= look.nowMs;
  const error = windows.find((window) => window.observation.kind === 'error')?.observation;
  if (error?.kind === 'error') due.failures.push(`Source ${name}: ${error.message}`);
}
