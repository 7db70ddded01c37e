/**
 * The recorded past of a plan's metrics, read once at admission and kept as evidence beside the windows of the rollout:
 * the judge takes its yardsticks from it before the first stage (DESIGN section 8). Whatever goes wrong here means
 * yardsticks that are assumed, and a note; never a refusal.
 */
import type { MetricSpec, Plan, SourceSpec } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import type { Connections } from '../connections.js';
import { isFailure } from '../failures.js';
import type { RolloutEvidence } from '../store/adapter.js';
import { PAST } from '../store/evidence-names.js';
import { type Found, lookBack } from './look-back.js';
import { type MetricPast, notesOnPast } from './notes.js';
import { baselineSinceMs, isCalibrated, pastWindows, remembers } from './windows.js';
import { within } from './within.js';

export interface PastOrder {
  plan: Pick<Plan, 'sources' | 'metrics'>;
  connections: Pick<Connections, 'source'>;
  evidence: RolloutEvidence;
  nowMs: number;
  /** Throws its reason when it aborts. */
  signal: AbortSignal;
  /** Longest that the sources are asked; default 6 s. */
  readMs?: number;
  /** When no further window is written, from the beginning; default 8 s. An admission has a minute for everything. */
  totalMs?: number;
}

const READ_MS = 6_000;
const TOTAL_MS = 8_000;
const WRITES_AT_ONCE = 32;

/** Sentences for admission's notes. A second run finds what the first kept, asks nobody and says the same. */
export async function keepPast(order: PastOrder): Promise<string[]> {
  const known = await recordOf(order.evidence);
  if (known) return known.notes;
  const untilMs = performance.now() + (order.totalMs ?? TOTAL_MS);
  const asked = askedOf(order.plan);
  const answers = await Promise.all(asked.map((one) => ask(order, one)));
  order.signal.throwIfAborted();
  const sinceMs = baselineSinceMs(answers.flatMap(({ windows }) => windows));
  const pasts = asked.flatMap(({ metrics }, i) => pastsOf(metrics, answers[i], sinceMs));
  await write(
    order.evidence,
    pasts.flatMap(({ windows }) => windows),
    untilMs,
  );
  return record(order.evidence, notesOnPast(await asKept(order.evidence, pasts)));
}

interface Asked {
  source: SourceSpec;
  metrics: Record<string, MetricSpec>;
}

function askedOf({ sources, metrics }: PastOrder['plan']): Asked[] {
  return Object.entries(sources).flatMap(([name, source]) => {
    const own = Object.entries(metrics).filter(([, metric]) => metric.from === name && isCalibrated(metric));
    return remembers(source) && own.length > 0 ? [{ source, metrics: Object.fromEntries(own) }] : [];
  });
}

interface Answer extends Found {
  /** What stood in the way of every metric. */
  trouble: string | null;
}

async function ask({ connections, nowMs, signal, readMs = READ_MS }: PastOrder, asked: Asked): Promise<Answer> {
  const found: Found = { windows: [], troubles: {} };
  try {
    const inTime = await within(readMs, signal, async (ends) => {
      const adapter = connections.source(asked.source);
      try {
        await lookBack(adapter, { ...asked, nowMs, signal: ends }, found);
      } finally {
        await adapter.close();
      }
    });
    return { ...found, trouble: inTime ? null : `time was up after ${readMs / 1000} s` };
  } catch (error) {
    return { ...found, trouble: error instanceof Error ? error.message : 'unknown' };
  }
}

function pastsOf(metrics: Record<string, MetricSpec>, answer: Answer | undefined, sinceMs: number): MetricPast[] {
  const cut = sinceMs > 0 ? `before ${new Date(sinceMs).toISOString()} the baseline was another version` : null;
  return Object.entries(metrics).map(([name, metric]) => ({
    name,
    metric,
    windows: pastWindows(name, metric, answer?.windows ?? [], sinceMs),
    trouble: answer?.troubles[name] ?? answer?.trouble ?? cut,
  }));
}

/** The newest first; when time is up the others are left out. */
async function write(evidence: RolloutEvidence, windows: readonly Window[], untilMs: number): Promise<void> {
  const ordered = windows.toSorted((a, b) => b.endMs - a.endMs);
  for (let i = 0; i < ordered.length && performance.now() < untilMs; i += WRITES_AT_ONCE)
    await Promise.all(ordered.slice(i, i + WRITES_AT_ONCE).map((window) => evidence.putWindow(PAST, window)));
}

/** What is there counts, by whichever attempt. */
async function asKept(evidence: RolloutEvidence, pasts: readonly MetricPast[]): Promise<MetricPast[]> {
  const kept = pasts.map(async (past) => {
    const windows = await evidence.windows(PAST, past.name);
    const lost = windows.length < past.windows.length ? 'the store was too slow to keep it' : null;
    return { ...past, windows, trouble: past.trouble ?? lost };
  });
  return Promise.all(kept);
}

/** Written last: without it nothing says that the past is complete, and the next attempt reads again. */
interface PastRecord {
  version: 1;
  notes: string[];
}

async function recordOf(evidence: RolloutEvidence): Promise<PastRecord | null> {
  try {
    return (await evidence.getDocument(PAST)) as PastRecord;
  } catch (error) {
    if (isFailure(error, 'notFound')) return null;
    throw error;
  }
}

async function record(evidence: RolloutEvidence, notes: string[]): Promise<string[]> {
  try {
    await evidence.putDocument(PAST, { version: 1, notes } satisfies PastRecord);
    return notes;
  } catch (error) {
    // An attempt that was given up as lost has been quicker.
    if (isFailure(error, 'digestMismatch')) return (await recordOf(evidence))?.notes ?? notes;
    throw error;
  }
}
