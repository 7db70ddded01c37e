/** A plan shown whole: what the author wrote and every default beside it, marked. Pure. */
import { Document, isCollection, isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { FilledPlan } from './fill.js';
import { valueAt } from './issues.js';
import { type Path, showPath } from './problem.js';

/** One value the author left out. */
export interface FilledDefault {
  path: string;
  value: string | number | boolean;
}

/** Every scalar of the filled plan that the file does not say, in the order of the plan. */
export function filledDefaults(filled: FilledPlan, written: unknown): FilledDefault[] {
  return scalars(prune(filled), []).flatMap(([path, value]) =>
    isWritten(written, path) ? [] : [{ path: showPath(path), value }],
  );
}

function isWritten(written: unknown, path: Path): boolean {
  if (valueAt(written, path) !== undefined) return true;
  // `share: 25%` is read as a list of one; `unit: { user: about 5000 }` as `unit` and `users`.
  const parent = path.slice(0, -1);
  if (path[path.length - 1] === 0 && typeof valueAt(written, parent) === 'string') return true;
  return path[path.length - 1] === 'users' && typeof valueAt(written, [...parent, 'unit']) === 'object';
}

function scalars(value: unknown, path: Path): [Path, string | number | boolean][] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => scalars(item, [...path, index]));
  return Object.entries(value ?? {}).flatMap(([key, item]) => scalars(item, [...path, key]));
}

/** Without what is absent or empty: lists of nothing say nothing. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, item]) => item !== undefined && !(Array.isArray(item) && item.length === 0),
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, prune(item)]));
}

export function filledYaml(filled: FilledPlan, defaults: readonly FilledDefault[]): string {
  const absent = new Set(defaults.map(({ path }) => path));
  const document = new Document(prune(filled), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key !== 'key' && absent.has(showPath(pathOf(key, node, ancestors)))) node.comment = ' default';
    },
  });
  visit(document, {
    Collection(_key, node) {
      const values = node.items.map((item) => (isPair(item) ? item.value : item));
      const defaulted = values.length > 0 && values.every((value) => isScalar(value) && value.comment);
      if (!defaulted && !values.every(short)) return;
      for (const value of values) if (isScalar(value)) value.comment = null;
      if (defaulted) node.comment = ' default';
      node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Fits on its parent's line: an unmarked scalar, or a list of such. */
function short(value: unknown): boolean {
  if (isScalar(value)) return !value.comment;
  return isSeq(value) && value.items.every((item) => isScalar(item) && !item.comment);
}

function pathOf(key: number | string | symbol | null, node: unknown, ancestors: readonly unknown[]): Path {
  const path: (string | number)[] = [];
  const chain = [...ancestors, node];
  for (const [depth, parent] of chain.entries()) {
    const child = chain[depth + 1];
    if (isPair(parent) && isScalar(parent.key)) path.push(String(parent.key.value));
    if (isCollection(parent) && !isMap(parent)) path.push(parent.items.indexOf(child));
  }
  return typeof key === 'number' && path.length === 0 ? [key] : path;
}
