/** What a filter server counts, written as a Prometheus page (text format 0.0.4). No I/O. */

/** Upper edges in seconds; 0.05 is the edge the demo's latency gate asks about. */
const EDGES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

export interface Labels {
  via: string;
  mailType: string;
}

interface Served extends Labels {
  requests: number;
  failed: number;
}

interface Timed {
  via: string;
  /** Per edge, then above all edges; not cumulative. */
  counts: number[];
  sum: number;
}

/** Counters of one process since its start; a restart begins anew, and says so by its start time. */
export interface Metrics {
  count(labels: Labels, seconds: number, failed: boolean): void;
  page(): string;
}

export function createMetrics(digest: string, startedAtSeconds: number): Metrics {
  const served = new Map<string, Served>();
  const timed = new Map<string, Timed>();
  return {
    count(labels, seconds, failed) {
      const row = entry(served, JSON.stringify(labels), () => ({ ...labels, requests: 0, failed: 0 }));
      row.requests += 1;
      if (failed) row.failed += 1;
      const time = entry(timed, labels.via, () => ({ via: labels.via, counts: EDGES.map(() => 0).concat(0), sum: 0 }));
      const bucket = EDGES.findIndex((edge) => seconds <= edge);
      const at = bucket < 0 ? EDGES.length : bucket;
      time.counts[at] = (time.counts[at] ?? 0) + 1;
      time.sum += seconds;
    },
    page: () =>
      [
        ...family('requests_total', 'counter', 'Deliveries classified.'),
        ...[...served.values()].map((row) => `requests_total${labelled(row)} ${row.requests}`),
        ...family('requests_failed_total', 'counter', 'Deliveries that could not be classified.'),
        ...[...served.values()].map((row) => `requests_failed_total${labelled(row)} ${row.failed}`),
        ...family('request_seconds', 'histogram', 'Time the filter worked on one delivery.'),
        ...[...timed.values()].flatMap(histogram),
        ...family('model_info', 'gauge', 'Digest of the loaded model, as the registry has it.'),
        `model_info{digest="${digest}"} 1`,
        ...family('process_start_time_seconds', 'gauge', 'Start of this process, Unix time.'),
        `process_start_time_seconds ${startedAtSeconds}`,
        '',
      ].join('\n'),
  };
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelled({ via, mailType }: Labels): string {
  return `{via="${via}",mailType="${mailType}"}`;
}

function histogram({ via, counts, sum }: Timed): string[] {
  let below = 0;
  const buckets = counts.map((count, at) => {
    below += count;
    return `request_seconds_bucket{via="${via}",le="${EDGES[at] ?? '+Inf'}"} ${below}`;
  });
  return [...buckets, `request_seconds_sum{via="${via}"} ${sum}`, `request_seconds_count{via="${via}"} ${below}`];
}

function entry<T>(map: Map<string, T>, key: string, fresh: () => T): T {
  const known = map.get(key) ?? fresh();
  map.set(key, known);
  return known;
}
