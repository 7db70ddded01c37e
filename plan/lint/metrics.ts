/** Lint: what a source is, what a metric reads from it. */
import { sourceKind } from '../compile.js';
import type { FilledMetric } from '../fill.js';
import { type Field, FIELDS, type KindRules, KINDS, rulesOf } from '../metric-kinds.js';
import type { Finding } from '../problem.js';
import { metricSource, ms, type Rule } from './context.js';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export const sourceOfOneKind: Rule = ({ plan }) =>
  Object.entries(plan.sources).flatMap(([name, source]): Finding[] => {
    if (sourceKind(source)) return [];
    const message = `source \`${name}\` must have exactly one of scrape, sql, prometheus`;
    return [
      {
        code: 'sourceKind',
        path: ['sources', name],
        at: 'key',
        message,
        remedy: `write it like \`${name}: { scrape: <connection> }\``,
      },
    ];
  });

export const windowInRange: Rule = ({ plan }) =>
  Object.entries(plan.sources).flatMap(([name, { window }]): Finding[] => {
    if (ms(window) >= SECOND_MS && ms(window) <= DAY_MS) return [];
    const message = `a window of ${window} is out of range: polls are no faster than one second, looks no rarer than one day`;
    return [
      {
        code: 'windowRange',
        path: ['sources', name, 'window'],
        message,
        remedy: 'write a window from 1s to 1d, like `window: 1m`',
      },
    ];
  });

/** Each kind of source and metric has its fields, no more and no fewer: a field that is ignored would mislead. */
export const metricFields: Rule = ({ plan }) =>
  Object.entries(plan.metrics).flatMap(([name, metric]) => {
    const source = metricSource(plan, metric);
    const from = source && sourceKind(source)?.kind;
    const rules = rulesOf(metric) ?? KINDS[metric.kind];
    const { series, own } = rules;
    if (!from) return [];
    if (from !== 'sql' && series === null) return [sqlOnly(name, rules, from)];
    const wanted: Field[] = [...(from === 'sql' ? (['query'] as const) : (series ?? [])), ...own];
    return FIELDS.flatMap((field) => fieldFinding(name, metric, field, wanted, `${rules.noun} from ${from}`));
  });

function fieldFinding(
  name: string,
  metric: FilledMetric,
  field: Field,
  wanted: readonly Field[],
  what: string,
): Finding[] {
  const written = metric[field] !== undefined;
  if (written === wanted.includes(field)) return [];
  const list = listed(wanted.map((want) => `\`${want}\``));
  const path = ['metrics', name, ...(written ? [field] : [])];
  const message = written ? `${what} has no \`${field}\`` : `\`${field}\` is missing: ${what} reads ${list}`;
  const remedy = written ? `remove it; ${what} reads ${list}` : `add \`${field}: ...\``;
  return [{ code: 'metricFields', path, at: 'key', message, remedy }];
}

/** `a`, `a and b`, `a, b and c`. */
function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

function sqlOnly(name: string, { noun, columns }: KindRules, source: string): Finding {
  return {
    code: 'sourceCannot',
    path: ['metrics', name, 'from'],
    message: `${noun} cannot be read from ${source}: it needs sums of squares, which no counter has`,
    remedy: `read it from a sql source, by a \`query\` that answers ${columns.join(', ')}`,
  };
}

const SERIES = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

export const seriesNames: Rule = ({ plan }) =>
  Object.entries(plan.metrics).flatMap(([name, metric]) => {
    const source = metricSource(plan, metric);
    if (!source || sourceKind(source)?.kind !== 'scrape') return [];
    const fields = (['units', 'events', 'exposure', 'histogram'] as const).filter(
      (field) => !SERIES.test(metric[field] ?? 'absent'),
    );
    return fields.map(
      (field): Finding => ({
        code: 'seriesName',
        path: ['metrics', name, field],
        message: `\`${field}\` from scrape is the bare name of a series, without labels or functions`,
        remedy: `write it like \`${field}: ${field === 'histogram' ? 'request_seconds' : 'requests_total'}\`; labels are read by Sluice, slices are declared under \`slices\``,
      }),
    );
  });

export const usersCounted: Rule = ({ plan }) =>
  Object.entries(plan.metrics).flatMap(([name, { unit, users }]): Finding[] => {
    if ((unit === 'user') === (users !== undefined)) return [];
    const message =
      unit === 'user'
        ? 'a metric per user says about how many distinct users each arm sees'
        : '`users` counts only with `unit: user`';
    const remedy = unit === 'user' ? 'write `unit: { user: about 5000 }`' : 'write `unit: user`, or remove `users`';
    return [{ code: 'usersCount', path: ['metrics', name, unit === 'user' ? 'unit' : 'users'], message, remedy }];
  });
