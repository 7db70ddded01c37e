/** What is wrong with a file, where, and what to write instead. Pure; no zod, no YAML. */

/** A finding with its place. Lines and columns count from 1. `code` is stable: the name of the rule. */
export interface Problem {
  code: string;
  file: string;
  line: number;
  column: number;
  message: string;
  remedy: string;
}

/** Keys and indexes from the top of a file to a node. */
export type Path = readonly (string | number)[];

/** A finding before it has a place: `at: 'key'` points at the key of the path, else at its value. */
export interface Finding {
  code: string;
  path: Path;
  at?: 'key' | 'value';
  /** Warnings do not refuse the file. */
  warning?: true;
  message: string;
  remedy: string;
}

/** `stages[1].exposure.share`, as people write it. */
export function showPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}

/** `file:line:column: message; remedy [code]`: one line per problem, for terminals and error messages. */
export function showProblem({ file, line, column, message, remedy, code }: Problem): string {
  return `${file}:${line}:${column}: ${message}; ${remedy} [${code}]`;
}

/** True where one path contains the other: what is said of one then follows from what is said of the other. */
export function related(a: Path, b: Path): boolean {
  const shorter = a.length < b.length ? a : b;
  return shorter.every((part, index) => part === a[index] && part === b[index]);
}

/** A value as it may be shown: short, escaped, on one line. */
export function showValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const safe = text.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return safe.length > 48 ? `${safe.slice(0, 45)}...` : safe;
}
