/** From a metrics page to metrics and gates worth having: pairs of counters, histograms of seconds. Pure. */

/** What is read of a page: the shape that the parser of metrics pages returns. */
export interface MetricsPage {
  families: ReadonlyMap<string, PageFamily>;
}
export interface PageFamily {
  name: string;
  type: string;
  samples: readonly { name: string; labels: ReadonlyMap<string, string>; value: number | null }[];
}

export interface Proposal {
  rates: { name: string; units: string; events: string }[];
  quantiles: { name: string; histogram: string; limitMs: number }[];
  /** Series without the label that tells how a request met its arm: their numbers cannot be judged yet. */
  withoutVia: string[];
}

const EVENTS = /^(.*?)_?(?:failed|failures|errors|errored|failure|error)_total$/;
const QUANTILE = 0.99;

export function propose({ families }: MetricsPage): Proposal {
  const all = [...families.values()];
  const counters = all
    .filter(({ name, type }) => name.endsWith('_total') && (type === 'counter' || type === 'untyped'))
    .map(({ name }) => name);
  const rates = counters.flatMap((events) => {
    const units = unitsFor(events, counters);
    return units === null ? [] : [{ name: metricName(events), units, events }];
  });
  const quantiles = all.flatMap((family) => {
    const limitMs = family.type === 'histogram' && family.name.endsWith('_seconds') ? limitFor(family) : null;
    return limitMs === null ? [] : [{ name: metricName(family.name), histogram: family.name, limitMs }];
  });
  const read = new Set([
    ...rates.flatMap(({ units, events }) => [units, events]),
    ...quantiles.map(({ histogram }) => histogram),
  ]);
  const withoutVia = all.filter(
    ({ name, samples }) => read.has(name) && samples.some(({ labels }) => !labels.has('via')),
  );
  return { rates: distinct(rates), quantiles: distinct(quantiles), withoutVia: withoutVia.map(({ name }) => name) };
}

/** The counter of everything beside a counter of failures: `x_failed_total` or `x_errors_total` beside `x_total` or `x_requests_total`. */
function unitsFor(events: string, counters: readonly string[]): string | null {
  const stem = EVENTS.exec(events)?.[1];
  if (stem === undefined) return null;
  const singular = stem.replace(/_request$/, '_requests');
  const wanted = [`${stem}_total`, `${stem}s_total`, `${singular}_total`, `${stem}_requests_total`, 'requests_total'];
  return wanted.find((name) => name !== events && counters.includes(name)) ?? null;
}

/**
 * The first edge that the present quantile stays below with one bucket to spare: a limit must be an edge, and a limit
 * at the present value could not be proven. Without observations, the middle edge.
 */
function limitFor({ samples }: PageFamily): number | null {
  const counts = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    const edge = Number(labels.get('le') ?? Number.NaN);
    if (name.endsWith('_bucket') && !Number.isNaN(edge)) counts.set(edge, (counts.get(edge) ?? 0) + (value ?? 0));
  }
  const edges = [...counts.keys()].sort((a, b) => a - b);
  const finite = edges.filter((edge) => Number.isFinite(edge));
  const total = counts.get(edges.at(-1) ?? 0) ?? 0;
  const reached = finite.findIndex((edge) => (counts.get(edge) ?? 0) >= QUANTILE * total);
  const middle = Math.floor(finite.length / 2);
  const edge = finite[total > 0 && reached >= 0 ? Math.min(reached + 1, finite.length - 1) : middle];
  return edge === undefined || edge <= 0 ? null : Number((edge * 1000).toFixed(6));
}

/** `http_requests_failed_total` -> `http-requests-failed`. */
function metricName(series: string): string {
  const plain = series
    .replace(/_(?:total|seconds)$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return plain === '' || plain in Object.prototype ? 'metric' : plain.slice(0, 63);
}

/** Two series may shorten to one name; the later ones are numbered. */
function distinct<T extends { name: string }>(items: T[]): T[] {
  return items.map((item, index) => {
    const before = items.slice(0, index).filter(({ name }) => name === item.name).length;
    return before === 0 ? item : { ...item, name: `${item.name.slice(0, 60)}-${before + 1}` };
  });
}
