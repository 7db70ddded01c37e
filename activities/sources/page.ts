/**
 * Strict parser of the Prometheus text exposition format 0.0.4, for scrapes and for `sluice init`. A page is read whole
 * or refused whole: a half-understood page would yield numbers nobody exported. Pure.
 */
import { sampleValue } from './number.js';
import { seriesKey } from './series.js';

/** Larger pages are refused: 8 MB. */
export const PAGE_LIMIT_BYTES = 8 * 1024 * 1024;

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** One line. `value` is null where the page says NaN or an infinity (legal in a page, never usable as a count). */
export interface Sample {
  name: string;
  labels: ReadonlyMap<string, string>;
  /** Identity of the series: name and sorted labels. */
  key: string;
  value: number | null;
  /** The exporter states the time itself, so the value may be of any age. */
  timestamped: boolean;
}

/** All samples under one `# TYPE`; the `_bucket`, `_sum` and `_count` lines of a histogram are among its samples. */
export interface Family {
  name: string;
  type: MetricType;
  help: string | null;
  /** False when no `# TYPE` line names it. */
  declared: boolean;
  samples: Sample[];
}

export interface Page {
  families: ReadonlyMap<string, Family>;
}

/** Why a page was refused, and on which line. */
export class PageError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'PageError';
    this.line = line;
  }
}

const METRIC_NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const TYPES: ReadonlySet<string> = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const SUFFIX = /^(.+)_(bucket|sum|count)$/;

/** Reads a whole page; throws PageError on the first thing that is not format 0.0.4, and on a series given twice. */
export function parsePage(text: string): Page {
  if (text.length > PAGE_LIMIT_BYTES) throw new PageError(1, `the page is larger than ${PAGE_LIMIT_BYTES} bytes`);
  if (text === '') throw new PageError(1, 'the page is empty');
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new PageError(lines.length + 1, 'the page is cut off: its last line does not end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  lines.forEach((line, index) => readLine(line, index + 1, families, seen));
  return { families };
}

function readLine(line: string, number: number, families: Map<string, Family>, seen: Set<string>): void {
  if (trimmed(line) === '') return;
  if (line.startsWith('#')) return readComment(line, number, families);
  const sample = readSample(line, number);
  if (seen.has(sample.key)) throw new PageError(number, `series ${sample.key} is on the page twice`);
  seen.add(sample.key);
  familyOf(sample.name, families).samples.push(sample);
}

function readComment(line: string, number: number, families: Map<string, Family>): void {
  const found = /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+([\s\S]*))?$/.exec(line);
  if (found === null) {
    if (/^# ?EOF/.test(line)) throw new PageError(number, 'this is OpenMetrics; the text format 0.0.4 was asked for');
    return;
  }
  const [, keyword, name = '', rest = ''] = found;
  if (take(METRIC_NAME, name, 0) !== name) throw new PageError(number, `"${name.slice(0, 40)}" is no metric name`);
  const family = families.get(name) ?? fresh(name, families);
  if (keyword === 'HELP') family.help = unescape(rest);
  else declare(family, trimmed(rest), number);
}

function declare(family: Family, type: string, number: number): void {
  if (!TYPES.has(type)) throw new PageError(number, `"${type.slice(0, 40)}" is no metric type`);
  if (family.declared) throw new PageError(number, `the type of ${family.name} is declared twice`);
  if (family.samples.length > 0) throw new PageError(number, `the type of ${family.name} stands after its samples`);
  family.type = type as MetricType;
  family.declared = true;
}

function fresh(name: string, families: Map<string, Family>): Family {
  const family: Family = { name, type: 'untyped', help: null, declared: false, samples: [] };
  families.set(name, family);
  return family;
}

function familyOf(name: string, families: Map<string, Family>): Family {
  const exact = families.get(name);
  if (exact !== undefined) return exact;
  const [, base = '', suffix] = SUFFIX.exec(name) ?? [];
  const parent = families.get(base);
  if (parent?.type === 'histogram') return parent;
  if (parent?.type === 'summary' && suffix !== 'bucket') return parent;
  return fresh(name, families);
}

function readSample(line: string, number: number): Sample {
  const name = take(METRIC_NAME, line, 0);
  if (name === null) throw new PageError(number, 'neither a comment nor a sample');
  const { labels, end } = line[name.length] === '{' ? readLabels(line, name.length + 1, number) : bare(name);
  const rest = line.slice(end);
  if (!/^[ \t]/.test(rest) && line[end - 1] !== '}') throw new PageError(number, `${name} is not followed by a value`);
  const [valueText = '', timestamp, ...more] = trimmed(rest).split(/[ \t]+/);
  const value = sampleValue(valueText);
  if (value === undefined) throw new PageError(number, `"${valueText.slice(0, 40)}" is no value of ${name}`);
  if (more.length > 0 || (timestamp !== undefined && !/^-?\d{1,16}$/.test(timestamp)))
    throw new PageError(number, `something follows the value of ${name}`);
  return { name, labels, key: seriesKey(name, labels), value, timestamped: timestamp !== undefined };
}

function bare(name: string): { labels: Map<string, string>; end: number } {
  return { labels: new Map(), end: name.length };
}

function readLabels(line: string, from: number, number: number): { labels: Map<string, string>; end: number } {
  const labels = new Map<string, string>();
  let at = blanks(line, from);
  while (line[at] !== '}') {
    const name = take(LABEL_NAME, line, at);
    if (name === null) throw new PageError(number, 'the labels cannot be read');
    at = blanks(line, at + name.length);
    if (line[at] !== '=') throw new PageError(number, `label ${name} has no value`);
    const value = readQuoted(line, blanks(line, at + 1), number);
    if (labels.has(name)) throw new PageError(number, `label ${name} is given twice`);
    labels.set(name, value.text);
    at = blanks(line, value.end);
    if (line[at] === ',') at = blanks(line, at + 1);
    else if (line[at] !== '}') throw new PageError(number, 'the labels do not end');
  }
  return { labels, end: at + 1 };
}

function readQuoted(line: string, from: number, number: number): { text: string; end: number } {
  if (line[from] !== '"') throw new PageError(number, 'a label value is not quoted');
  let at = from + 1;
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1;
  if (at >= line.length) throw new PageError(number, 'a label value does not end');
  const raw = line.slice(from + 1, at);
  if (/\\[^\\"n]/.test(raw.replaceAll('\\\\', ''))) throw new PageError(number, 'a label value has an unknown escape');
  return { text: unescape(raw), end: at + 1 };
}

function unescape(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\([\\"n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

function take(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** Blanks of the format only: a carriage return is an error, not a blank. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

function blanks(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at++;
  return at;
}
