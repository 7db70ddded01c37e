/** From zod's issues to findings: what is wrong in our words, what to write instead, and what may have been meant. */
import { z } from 'zod';
import { type Finding, type Path, showPath, showValue } from './problem.js';
import { secretsIn } from './secrets.js';
import { nearest } from './suggest.js';

/** The part of JSON Schema we read back for remedies and for docs. */
export interface Shape {
  description?: string;
  examples?: unknown[];
  standard?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Shape>;
  required?: string[];
  additionalProperties?: Shape | boolean;
  items?: Shape;
  anyOf?: Shape[];
  oneOf?: Shape[];
}

/** The schema as data: descriptions, examples and allowed values by path. */
export function shapeOf(schema: z.ZodType): Shape {
  const shape = shapes.get(schema) ?? (z.toJSONSchema(schema, { io: 'input' }) as Shape);
  shapes.set(schema, shape);
  return shape;
}

/** Made once for each schema: it takes longer than reading a plan. */
const shapes = new WeakMap<z.ZodType, Shape>();

type Issue = z.core.$ZodIssue;

export function findingsOf(issues: readonly Issue[], data: unknown, shape: Shape): Finding[] {
  return issues.flatMap((issue) => translate(issue, data, shape, []));
}

function translate(issue: Issue, data: unknown, shape: Shape, base: Path): Finding[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], shape));
  if (issue.code === 'invalid_key') return [badName(path, issue.issues[0]?.message ?? issue.message)];
  const value = valueAt(data, path);
  if (value === undefined) return [missing(path, shape)];
  if (issue.code === 'invalid_union') {
    const meant = branchMeant(issue.errors, value);
    if (meant) return meant.flatMap((inner) => translate(inner, data, shape, path));
  }
  return [badValue(path, value, issue, shape)];
}

/** The branch whose keys were all right and only a value in it wrong: the one the author had in mind. */
function branchMeant(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  return branches.find((issues) =>
    issues.every(({ code, path }) => {
      const written = path.length > 0 && valueAt(value, path.map(String)) !== undefined;
      return written && code !== 'unrecognized_keys';
    }),
  );
}

function unknownKey(path: Path, shape: Shape): Finding {
  const key = String(path[path.length - 1]);
  const parent = path.slice(0, -1);
  const known = keysOf(shapeAt(shape, parent));
  const meant = nearest(key, known);
  const where = parent.length === 0 ? 'the file' : `\`${showPath(parent)}\``;
  const remedy = meant ? `did you mean \`${meant}\`?` : `known here: ${known.join(', ')}`;
  return { code: 'unknownKey', path, at: 'key', message: `${where} has no key \`${showValue(key)}\``, remedy };
}

function badName(path: Path, why: string): Finding {
  const key = String(path[path.length - 1]);
  const plain = key
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
  const remedy = plain === '' || plain in Object.prototype ? 'choose another name' : `write \`${plain}\``;
  return { code: 'badName', path, at: 'key', message: `\`${showValue(key)}\` is no name here: ${why}`, remedy };
}

/** What is said of any key that must be there and is not. */
export function missing(path: Path, shape: Shape): Finding {
  const key = String(path[path.length - 1]);
  const meaning = shapeAt(shape, path);
  const [what = ''] = (meaning?.description ?? '').split(/[.;] |\.$/);
  const message = `\`${showPath(path)}\` is missing${what === '' ? '' : `: ${lowerFirst(what)}`}`;
  return {
    code: 'missingKey',
    path,
    message,
    remedy: `add \`${key}: ${exampleOf(meaning)}\``,
  };
}

/** Words that mean an advance, where only time has passed. */
const ADVANCE = /^(promote|approve|approved|pass|continue|proceed|advance|accept|yes)$/;

function badValue(path: Path, value: unknown, issue: Issue, shape: Shape): Finding {
  const key = path[path.length - 1];
  const meaning = shapeAt(shape, path);
  const allowed = (meaning?.enum ?? []).map(String);
  if (typeof value === 'string' && ADVANCE.test(value) && /^on[A-Z]/.test(String(key))) {
    const message = `\`${showPath(path)}: ${value}\` would raise exposure because time has passed; only passed gates and a yes from people do that`;
    return { code: 'advanceByTime', path, message, remedy: `write one of ${allowed.join(', ')}` };
  }
  const shown = secretsIn(value, path).length > 0 ? '(hidden: it looks like a secret)' : showValue(value);
  const why = allowed.length > 0 ? `this is one of ${allowed.join(', ')}` : lowerFirst(issue.message);
  return {
    code: 'badValue',
    path,
    message: `\`${showPath(path)}\` cannot be \`${shown}\`: ${why}`,
    remedy: remedyFor(value, allowed, shape, path),
  };
}

function remedyFor(value: unknown, allowed: string[], shape: Shape, path: Path): string {
  const meaning = shapeAt(shape, path);
  const key = String(path[path.length - 1]);
  const meant = typeof value === 'string' ? nearest(value, allowed) : null;
  if (meant) return `did you mean \`${meant}\`?`;
  if (typeof value === 'number' && isText(meaning)) {
    const example = flow([meaning?.examples?.[0]].flat()[0] ?? '');
    if (example.endsWith('%')) return `write \`${key}: ${value <= 1 ? value * 100 : value}%\``;
    if (/^\d+[smhd]$/.test(example)) return `write \`${key}: ${value}s\` if seconds were meant`;
    return `put it in quotes as you mean it: YAML reads it as the number ${value}, so 1.10 and 1.1 are one`;
  }
  // Elements of lists have no name of their own: the whole list says what is meant.
  const named = path.slice(0, 1 + path.findLastIndex((part) => typeof part === 'string'));
  return `write it like \`${named[named.length - 1]}: ${exampleOf(shapeAt(shape, named))}\``;
}

function isText(meaning: Shape | null): boolean {
  return meaning?.type === 'string' || (meaning ? branchesOf(meaning) : []).some(({ type }) => type === 'string');
}

export function exampleOf(meaning: Shape | null): string {
  return flow(meaning?.examples?.[0] ?? meaning?.const ?? meaning?.enum?.[0] ?? '...');
}

/** A value in YAML's flow style, as it would be typed on one line. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')} }`;
}

/** The alternatives of a union. */
export function branchesOf({ anyOf, oneOf }: Shape): Shape[] {
  return anyOf ?? oneOf ?? [];
}

function shapeAt(shape: Shape, path: Path): Shape | null {
  let options: Shape[] = [shape];
  for (const part of path) {
    options = options.flatMap((option) => [option, ...branchesOf(option)]).flatMap((option) => step(option, part));
  }
  return options[0] ?? null;
}

function step({ properties, additionalProperties, items }: Shape, part: string | number): Shape[] {
  if (typeof part === 'number') return items ? [items] : [];
  const property = properties && Object.hasOwn(properties, part) ? properties[part] : undefined;
  if (property) return [property];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

function keysOf(shape: Shape | null): string[] {
  const branches = shape ? [shape, ...branchesOf(shape)] : [];
  return [...new Set(branches.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    data,
  );
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
