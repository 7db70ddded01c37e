/**
 * A service against itself: its history is read, split in two at random several times, and judged. How often would
 * these gates, and how often would the counter rule, have rolled back a model that never changed?
 */
import { makeJudge } from '../../judge/judge.js';
import { ARGO_RULE, type CounterRule } from '../../judge/recorded/counter-rule.js';
import { type MetricHistory, outcomeOfSplit, type SplitOutcome } from '../../judge/recorded/false-alarms.js';
import { payloadKind } from '../../judge/payload.js';
import type { Platform } from '../../plan/platform-types.js';
import { hostOf } from '../../plan/platform.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { Problem } from '../problem.js';
import { type Asked, askedOf, type LoadedGates, type Wanted } from './gates.js';
import { type History, historyOf } from './history.js';
import { rangeApi } from './prometheus-range.js';

export interface TrialOrder {
  url: string;
  sinceMs: number;
  stepMs: number;
  splits: number;
  seed: number;
  nowMs: number;
  /** What is being done, for somebody who waits; '' when all is. */
  onProgress: (doing: string) => void;
}

export interface HistoryTrial {
  url: string;
  fromMs: number;
  toMs: number;
  stepMs: number;
  /** Windows that could have been. */
  windows: number;
  histories: History[];
  /** Windows before the judged ones, which calibrate. */
  calibrated: number;
  asked: Asked;
  plan: Plan;
  rule: CounterRule;
  outcomes: SplitOutcome[];
  notes: string[];
}

/** The first tenth calibrates, at most a day. */
const CALIBRATION_PART = 0.1;
const CALIBRATION_MOST_MS = 86_400_000;

/** `platform`: null where nobody has set rules for this machine. */
export async function runTrial(
  gates: LoadedGates,
  wanted: Wanted,
  order: TrialOrder,
  platform: Platform | null,
): Promise<HistoryTrial> {
  const host = allowedHost(order.url, platform);
  const { stepMs } = order;
  const windows = Math.floor(order.sinceMs / stepMs);
  if (stepMs < 1_000 || windows < 2)
    throw new Problem(
      'badPlan',
      'A history needs at least two windows of at least a second.',
      'Lengthen --since, or shorten --step.',
    );
  const toMs = Math.floor(order.nowMs / stepMs) * stepMs;
  const fromMs = toMs - windows * stepMs;
  const asked = answerable(gates, wanted);
  const api = rangeApi(order.url, host);
  const names = [...new Set(asked.gates.map((gate) => gates.plan.gates[gate]?.metric ?? ''))];
  const histories: History[] = [];
  for (const [index, metric] of names.entries()) {
    const spec = gates.plan.metrics[metric];
    if (!spec) continue;
    const onProgress = (done: number) =>
      order.onProgress(`read ${index * windows + done} of ${names.length * windows} windows`);
    histories.push(await historyOf(api, metric, spec, { fromMs, stepMs, windows, onProgress }));
  }
  const calibrated = Math.floor(Math.min(windows * CALIBRATION_PART, CALIBRATION_MOST_MS / stepMs));
  const step = {
    ...asked,
    step: 0,
    share: 0.5,
    randomised: true,
    judgedFromMs: fromMs + calibrated * stepMs,
    mode: 'bake' as const,
  };
  const ruled = names.filter((name) => isRuled(gates.plan, name));
  const trial = {
    judge: makeJudge(gates.plan),
    step,
    histories: histories.map((history) => partsOf(history, calibrated)),
    ruled,
    rule: ARGO_RULE,
  };
  const outcomes = Array.from({ length: order.splits }, (_, index) => {
    order.onProgress(`judging split ${index + 1} of ${order.splits}`);
    return outcomeOfSplit(trial, order.seed + index);
  });
  order.onProgress('');
  const notes = names.length < Object.keys(gates.plan.metrics).length ? leftOut(gates, asked) : [];
  return {
    url: order.url,
    fromMs,
    toMs,
    stepMs,
    windows,
    histories,
    calibrated,
    asked,
    plan: gates.plan,
    rule: ARGO_RULE,
    outcomes,
    notes,
  };
}

/** Loopback always; elsewhere what the platform file allows, or anything while it asks for development mode. */
function allowedHost(url: string, platform: Platform | null): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Problem('badPlan', `${url} is no http(s) URL.`, 'Write it like http://127.0.0.1:9090.');
  const host = hostOf(url);
  const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/.test(host);
  const listed = Object.values(platform?.tenants ?? {}).some(
    ({ hosts, sources }) =>
      hosts.includes(host) ||
      Object.values(sources).some((source) => source.kind === 'prometheus' && hostOf(source.url) === host),
  );
  if (loopback || listed || platform?.mode !== 'production') return host;
  throw new Problem(
    'unsupported',
    `${host} is not among the hosts of the platform file, which is in production mode.`,
    'Add it under `hosts`.',
  );
}

/** Gates whose metrics are counters; scores and ratios need sums of squares, which no counter has. */
function answerable(gates: LoadedGates, wanted: Wanted): Asked {
  const asked = askedOf(gates, wanted);
  const able = asked.gates.filter((gate) => {
    const spec = gates.plan.metrics[gates.plan.gates[gate]?.metric ?? ''];
    return spec !== undefined && spec.reading.kind !== 'sql';
  });
  if (able.length > 0) return { ...asked, gates: able };
  throw new Problem(
    'badPlan',
    `No gate of ${gates.file} reads a metric that names series.`,
    'Give its metric `units` and `events`, or `histogram`, as they are called in Prometheus.',
  );
}

function leftOut({ plan, file }: LoadedGates, { gates }: Asked): string[] {
  const others = Object.keys(plan.gates).filter((gate) => !gates.includes(gate));
  return others.length === 0
    ? []
    : [`not asked, for ${file} names no series of theirs or other gates were chosen: ${others.join(', ')}`];
}

/** The rule is about rates of errors. */
function isRuled(plan: Plan, metric: string): boolean {
  const spec = plan.metrics[metric];
  return spec?.better === 'lower' && ['rate', 'count'].includes(payloadKind(spec.kind));
}

function partsOf({ metric, windows }: History, calibrated: number): MetricHistory {
  const before = windows.filter(({ index }) => index < calibrated);
  return {
    metric,
    calibration: before.map((window) => ({ ...window, phase: 'baseline' })),
    judged: windows.filter(({ index }) => index >= calibrated),
  };
}
