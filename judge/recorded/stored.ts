/** Whole windows as the evidence store keeps them, checked field by field like any other row. Pure, sandbox-safe. */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell, WindowPhase } from '../../workflows/contract/windows.js';
import { payloadKind } from '../payload.js';
import { bucketsOf, edgeName, textOf } from './json-values.js';
import { type Edge, payloadOf, type RawRow } from './payload.js';
import { type Report, shown } from './problem.js';
import { armOf, type Reading, type Row, sliceOf, unknownMetric, viaOf } from './rows.js';

const PHASES: readonly string[] = ['baseline', 'bake', 'guard', 'after'] satisfies WindowPhase[];
type Json = Record<string, unknown>;

/** A row for each cell of the window; one without a cell where the source had nothing to say. None when something was reported. */
export function storedRows(reading: Reading, line: number, window: Json): Row[] {
  const before = reading.problems.length;
  const index = window['index'];
  const known = typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : null;
  const report: Report = (field, reason) =>
    void reading.problems.push({ file: reading.file, line, field, window: known, reason });
  if (known === null) report('index', `${show(index)} is no window index; they are whole numbers from 0 on`);
  const place = placeOf(window, report);
  const metric = typeof window['metric'] === 'string' ? window['metric'] : '';
  const spec = Object.hasOwn(reading.metrics, metric) ? reading.metrics[metric] : undefined;
  if (!spec) report('metric', unknownMetric(metric, reading.metrics));
  const said = spec ? saidOf(spec, line, window['observation'], report) : [];
  if (reading.problems.length > before || known === null) return [];
  return said.map((each) => ({ line, metric, window: known, ...place, said: each }));
}

function placeOf(window: Json, report: Report): Omit<Row, 'line' | 'metric' | 'window' | 'said'> {
  const phase = window['phase'];
  if (typeof phase !== 'string' || !PHASES.includes(phase))
    report('phase', `${show(phase)} is none of ${PHASES.join(', ')}`);
  const [startMs, endMs, share] = [window['startMs'], window['endMs'], window['share']];
  for (const [field, value] of [
    ['startMs', startMs],
    ['endMs', endMs],
  ] as const)
    if (!isNumber(value)) report(field, `${show(value)} is no time in milliseconds`);
  if (isNumber(startMs) && isNumber(endMs) && endMs < startMs)
    report('endMs', `${endMs} is before startMs, ${startMs}`);
  if (!isNumber(share) || share < 0 || share > 1) report('share', `${show(share)} is no share from 0 to 1`);
  const { discarded } = window;
  if (discarded !== undefined && typeof discarded !== 'string') report('discarded', `${show(discarded)} is no reason`);
  return {
    phase: phase as WindowPhase,
    startMs: Number(startMs),
    endMs: Number(endMs),
    share: Number(share),
    discarded: typeof discarded === 'string' ? discarded : null,
  };
}

function saidOf(spec: MetricSpec, line: number, observation: unknown, report: Report): Row['said'][] {
  const seen = (typeof observation === 'object' && observation !== null ? observation : {}) as Json;
  if (seen['kind'] === 'noData' && typeof seen['reason'] === 'string')
    return [{ kind: 'nothing', observation: { kind: 'noData', reason: seen['reason'] } }];
  if (seen['kind'] === 'error' && typeof seen['message'] === 'string')
    return [
      {
        kind: 'nothing',
        observation: { kind: 'error', retryable: seen['retryable'] === true, message: seen['message'] },
      },
    ];
  const cells = seen['cells'];
  if (seen['kind'] !== 'value' || !Array.isArray(cells)) {
    report('observation', `${show(observation)} is neither value with cells, nor noData, nor error`);
    return [];
  }
  if (cells.length === 0) return [{ kind: 'nothing', observation: { kind: 'noData', reason: 'it has no counts' } }];
  return (cells as unknown[]).flatMap((cell, index) => {
    const read = cellOf(spec, line, cell, (field, reason) => report(`cells[${index}].${field}`, reason));
    return read ? [{ kind: 'cell' as const, cell: read }] : [];
  });
}

function cellOf(spec: MetricSpec, line: number, value: unknown, report: Report): Cell | null {
  const cell = (typeof value === 'object' && value !== null ? value : {}) as Json;
  const body = (typeof cell['payload'] === 'object' && cell['payload'] !== null ? cell['payload'] : {}) as Json;
  const text = (name: string) => textOf(name, cell[name], report);
  const wanted = payloadKind(spec.kind);
  if (body['kind'] !== wanted) {
    report('payload', `is ${show(body['kind'])}; a metric of kind ${spec.kind} stands on ${wanted}`);
    return null;
  }
  const arm = armOf(text('arm'), report);
  const via = viaOf(text('via'), report);
  const slice = sliceOf(spec, text('slice'), report);
  const payload = payloadOf(spec, rawOf(line, body, report), report);
  return arm && via && payload ? { arm, via, slice, payload } : null;
}

const STORED_NAMES: Record<string, string> = { firstSeen: 'first_seen' };

function rawOf(line: number, payload: Json, report: Report): RawRow {
  const texts = new Map<string, string>();
  const edges: Edge[] = [];
  for (const [key, value] of Object.entries(payload)) {
    if (key === 'kind') continue;
    if (key !== 'buckets') texts.set(STORED_NAMES[key] ?? key, textOf(key, value, report));
    else
      for (const [edge, count] of bucketsOf(value, report)) {
        edges.push({ edge, name: edgeName(edge) });
        texts.set(edgeName(edge), textOf('buckets', count, report));
      }
  }
  return { line, edges, field: (name) => texts.get(name) ?? '' };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function show(value: unknown): string {
  return shown(JSON.stringify(value) ?? 'nothing');
}
