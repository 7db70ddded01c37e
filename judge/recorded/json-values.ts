/** Values of parsed JSON in the grammar of CSV fields, so that both are checked by one reader. Pure, sandbox-safe. */
import { type Report, shown } from './problem.js';

export function edgeName(edge: number): string {
  return edge === Number.POSITIVE_INFINITY ? 'le=+Inf' : `le=${edge}`;
}

/** A JSON value as a CSV field would have it. */
export function textOf(name: string, value: unknown, report: Report): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  report(name, `${shown(JSON.stringify(value))} is neither text nor number`);
  return '';
}

/** `[[50, 12], [null, 20]]`: null is +Inf, as stored windows have it. */
export function bucketsOf(value: unknown, report: Report): [number, unknown][] {
  const no = (what: unknown): [number, unknown][] => {
    report(
      'buckets',
      `${shown(JSON.stringify(what))} is no list of [edge, count] pairs with rising edges, null for +Inf`,
    );
    return [];
  };
  if (!Array.isArray(value)) return no(value);
  let last = Number.NEGATIVE_INFINITY;
  const found: [number, unknown][] = [];
  for (const bucket of value as unknown[]) {
    if (!Array.isArray(bucket) || bucket.length !== 2) return no(bucket);
    const [edge, count] = bucket as [unknown, unknown];
    const at = edge === null || edge === '+Inf' ? Number.POSITIVE_INFINITY : edge;
    if (typeof at !== 'number' || !(at > last)) return no(bucket);
    last = at;
    found.push([at, count]);
  }
  return found;
}
