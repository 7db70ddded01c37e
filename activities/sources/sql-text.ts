/**
 * Turns a plan's query into the statement that is sent: `:start` and `:end` become bound parameters, and the query is
 * wrapped so that nothing but one SELECT can come of it. Knows just enough of PostgreSQL's lexical rules to leave
 * strings, quoted names, dollar quotes, comments and `::` casts alone. Pure.
 */
import { unreadable } from './unusable.js';

/** Answers with more rows than this are refused. */
export const MOST_ROWS = 1000;

/** What is skipped unchanged, longest first; `E'...'` differs from `'...'` in its backslashes. */
const OPAQUE = [
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /\$([\p{L}_][\p{L}\p{N}_]*)?\$/uy,
  /--[^\n\r]*/y,
  /[\p{L}_][\p{L}\p{N}_$]*/uy,
  /::|:=/y,
  /\s+/y,
];
const PARAMETER = /:([A-Za-z_]\w*)/y;
const BOUND: Record<string, string> = { start: '($1::timestamptz)', end: '($2::timestamptz)' };

/** The statement with `$1` start and `$2` end; throws when the query is not one self-contained SELECT over its window. */
export function wrapQuery(query: string): string {
  const used = new Set<string>();
  const body = rewrite(query, used);
  for (const name of Object.keys(BOUND))
    if (!used.has(name))
      throw unreadable(`the query never uses :${name}; without both :start and :end it is not about one window`);
  // The line breaks keep a trailing `--` from swallowing the closing parenthesis.
  return `select * from (\n${body}\n) as q limit ${MOST_ROWS + 1}`;
}

function rewrite(query: string, used: Set<string>): string {
  const text = query.replace(/;\s*$/, '');
  let [out, at, depth] = ['', 0, 0];
  while (at < text.length) {
    const token = opaqueAt(text, at) ?? parameterAt(text, at, used);
    if (token !== null) {
      out += token.out;
      at = token.end;
      continue;
    }
    const char = text[at] ?? '';
    if (char === ';')
      throw unreadable('the query holds more than one statement; a semicolon is allowed only at its end');
    if (char === '(') depth++;
    if (char === ')' && --depth < 0) throw unreadable('the query closes a parenthesis it did not open');
    out += char;
    at++;
  }
  if (depth !== 0) throw unreadable('the query leaves a parenthesis open');
  return out;
}

interface Token {
  out: string;
  end: number;
}

function opaqueAt(text: string, at: number): Token | null {
  if (text.startsWith('/*', at)) return skipTo(text, at, blockCommentEnd(text, at));
  for (const pattern of OPAQUE) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    if (!/^\$.*\$$/s.test(found)) return { out: found, end: at + found.length };
    const close = text.indexOf(found, at + found.length);
    return skipTo(text, at, close < 0 ? -1 : close + found.length);
  }
  const char = text[at];
  if (char === "'" || char === '"') throw unreadable(`the query leaves a ${char} open`);
  if (char === '$') throw unreadable('the query uses $ parameters; write :start and :end');
  return null;
}

function skipTo(text: string, at: number, end: number): Token {
  if (end < 0) throw unreadable('the query leaves a comment or a dollar quote open');
  return { out: text.slice(at, end), end };
}

/** PostgreSQL's block comments nest. */
function blockCommentEnd(text: string, from: number): number {
  let [at, depth] = [from, 0];
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === '/*') depth++;
    if (two === '*/') depth--;
    at += two === '/*' || two === '*/' ? 2 : 1;
    if (depth === 0) return at;
  }
  return -1;
}

function parameterAt(text: string, at: number, used: Set<string>): Token | null {
  PARAMETER.lastIndex = at;
  const [found, name = ''] = PARAMETER.exec(text) ?? [];
  if (found === undefined) return null;
  const out = Object.hasOwn(BOUND, name) ? BOUND[name] : undefined;
  if (out === undefined) throw unreadable(`the query uses :${name}; only :start and :end are known`);
  used.add(name);
  return { out, end: at + found.length };
}
