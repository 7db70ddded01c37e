/**
 * What the sources of a plan have counted lately, asked through their adapters: the ground of a forecast where the plan
 * itself expects nothing. Databases and Prometheus remember, so their last windows are asked for; metrics pages do not,
 * so they are looked at twice. Looks, changes nothing, and is over within a few seconds whatever answers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Connections } from '../../activities/connections.js';
import type { CollectedWindow, MetricSource } from '../../activities/sources/adapter.js';
import { latestClosed } from '../../activities/sources/epoch-windows.js';
import type { Level } from '../../judge/forecast/level.js';
import { observedLevel, type Seen } from '../../judge/forecast/observed.js';
import type { Platform } from '../../plan/platform-types.js';
import type { MetricSpec, Plan, SourceSpec } from '../../workflows/contract/plan.js';
import { connections } from '../local.js';
import { messageOf } from '../problem.js';

export interface Past {
  /** By metric that was asked for; null: its source had nothing to say. */
  levels: Record<string, Level | null>;
  /** What could not be asked, and why. */
  notes: string[];
}

export interface PastOptions {
  /** Unix milliseconds; default Date.now. */
  now?: () => number;
  /** Longest one source may take. */
  deadlineMs?: number;
  open?: (plan: Plan) => Promise<Pick<Connections, 'source'>>;
}

const DEADLINE_MS = 3_000;
/** Closed windows of the past. */
const WINDOWS = 60;
/** As many as the adapters give at a time. */
const AT_A_TIME: Record<SourceSpec['kind'], number> = { sql: 6, prometheus: 4, scrape: 1 };
/** Between two looks at a page: long enough to count something, well within the deadline. */
const BETWEEN_LOOKS_MS = 2_000;

export async function observedPast(platform: Platform, plan: Plan, options: PastOptions = {}): Promise<Past> {
  const past: Past = { levels: {}, notes: [] };
  const opened = await attempt(() => options.open?.(plan) ?? connections(platform, plan.tenant));
  if ('why' in opened) return { ...past, notes: [opened.why] };
  const asked = Object.entries(plan.sources).flatMap(([name, source]) => {
    const metrics = wanted(plan, name);
    return Object.keys(metrics).length > 0 ? [{ name, source, metrics }] : [];
  });
  const answers = await Promise.all(asked.map((one) => askOne(opened.value, one, options)));
  for (const { levels, notes } of answers) {
    Object.assign(past.levels, levels);
    past.notes.push(...notes);
  }
  return past;
}

/** What the plan says nothing of; of quantiles it can never say all. */
function wanted({ metrics }: Plan, source: string): Record<string, MetricSpec> {
  return Object.fromEntries(
    Object.entries(metrics).filter(
      ([, metric]) => metric.from === source && (metric.expect === undefined || metric.kind === 'quantile'),
    ),
  );
}

interface Asked {
  name: string;
  source: SourceSpec;
  metrics: Record<string, MetricSpec>;
}

async function askOne(open: Pick<Connections, 'source'>, asked: Asked, options: PastOptions): Promise<Past> {
  const { name, source, metrics } = asked;
  const notes: string[] = [];
  // Filled as answers come in: what was said before time was up counts.
  const windows: CollectedWindow[] = [];
  const answered = await attempt(() =>
    withDeadline(options.deadlineMs ?? DEADLINE_MS, async (signal) => {
      const adapter = open.source(source);
      try {
        const order: Order = { metrics, source, signal, now: options.now ?? Date.now };
        await (source.kind === 'scrape' ? lookTwice : lookBack)(adapter, order, windows);
      } finally {
        await adapter.close();
      }
    }),
  );
  if ('why' in answered && windows.length === 0)
    notes.push(`source ${name} tells nothing of the past: ${answered.why}`);
  const levels = Object.entries(metrics).map(([metric, spec]): [string, Level | null] => {
    const level = observedLevel(spec, seenOf(windows, metric), source.kind === 'scrape' ? 'looks' : 'past');
    if (!level && windows.length > 0)
      notes.push(`metric ${metric} tells nothing of the past: ${silence(windows, metric)}`);
    return [metric, level];
  });
  return { levels: Object.fromEntries(levels), notes };
}

/** Not even an adapter that forgets its signal is waited for. */
async function withDeadline(deadlineMs: number, act: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${deadlineMs / 1000} s`);
      controller.abort(error);
      reject(error);
    }, deadlineMs);
  });
  try {
    await Promise.race([act(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Oldest first. */
function seenOf(windows: readonly CollectedWindow[], metric: string): Seen[] {
  const inOrder = windows.toSorted((a, b) => a.startMs - b.startMs);
  return inOrder.flatMap(({ startMs, endMs, observations }) => {
    const observation = observations[metric];
    return observation?.kind === 'value' ? [{ startMs, endMs, cells: observation.cells }] : [];
  });
}

function silence(windows: readonly CollectedWindow[], metric: string): string {
  for (const { observations } of windows) {
    const observation = observations[metric];
    if (observation?.kind === 'noData') return observation.reason;
    if (observation?.kind === 'error') return observation.message;
  }
  return 'nothing was counted';
}

interface Order {
  metrics: Record<string, MetricSpec>;
  source: SourceSpec;
  signal: AbortSignal;
  now: () => number;
}

/** Newest first, so that what is missing when time is up is the oldest. */
async function lookBack(adapter: MetricSource, order: Order, found: CollectedWindow[]): Promise<void> {
  const { metrics, source, signal } = order;
  const last = latestClosed(order.now(), source).index;
  const step = AT_A_TIME[source.kind];
  for (let end = last; end > last - WINDOWS && end >= 0 && !signal.aborted; end -= step) {
    const cursor = Math.max(0, end - step + 1);
    // As if it were the moment at which the newest of these had just settled.
    const nowMs = (end + 1) * source.windowMs + source.settleMs;
    const asked = { metrics, source, cursor, sinceMs: cursor * source.windowMs, nowMs, signal };
    found.push(...(await adapter.collect({ ...asked, kept: async () => null, keep: async () => true })));
  }
}

async function lookTwice(adapter: MetricSource, order: Order, found: CollectedWindow[]): Promise<void> {
  const { metrics, source, signal } = order;
  const pages = new Map<number, string>();
  const look = () =>
    adapter.collect({
      metrics,
      // Any two looks make a window here, and one window is enough.
      source: { ...source, windowMs: 1 },
      cursor: 0,
      sinceMs: 0,
      nowMs: order.now(),
      signal,
      kept: async (index) => pages.get(index) ?? null,
      keep: async (index, raw) => {
        pages.set(index, raw);
        return true;
      },
    });
  await look();
  await pause(BETWEEN_LOOKS_MS, undefined, { signal });
  found.push(...(await look()).slice(0, 1));
}

async function attempt<T>(action: () => Promise<T>): Promise<{ value: T } | { why: string }> {
  try {
    return { value: await action() };
  } catch (error) {
    return { why: messageOf(error) };
  }
}
