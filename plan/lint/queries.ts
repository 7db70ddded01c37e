/** Lint and loading of SQL: a query is a file beside the plan or a text, one SELECT over `:start` and `:end`. */
import { sourceKind } from '../compile.js';
import type { Queries } from '../compile.js';
import type { Finding } from '../problem.js';
import { looksSecret } from '../secrets.js';
import { type LintContext, metricSource, type Rule } from './context.js';

const FILE = /^[A-Za-z0-9_][A-Za-z0-9_./-]*\.sql$/;
const QUERY_LIMIT = 64_000;

/** Texts of all queries that can be read; findings are the rule's below. */
export function loadQueries({ plan, readQuery }: LintContext): Queries {
  const loaded = Object.entries(plan.metrics).flatMap(
    ([name, { query }]): [string, { text: string; file: string | null }][] => {
      if (query === undefined) return [];
      if (/\s/.test(query)) return [[name, { text: query, file: null }]];
      const text = legalFile(query) ? readQuery(query) : null;
      return text === null ? [] : [[name, { text, file: query }]];
    },
  );
  return new Map(loaded);
}

function legalFile(path: string): boolean {
  return FILE.test(path) && !path.split('/').some((part) => part === '..' || part === '.' || part === '');
}

export const queriesReadable: Rule = (context) => {
  const queries = loadQueries(context);
  return Object.entries(context.plan.metrics).flatMap(([name, metric]) => {
    const source = metricSource(context.plan, metric);
    if (metric.query === undefined || !source || sourceKind(source)?.kind !== 'sql') return [];
    const path = ['metrics', name, 'query'];
    const loaded = queries.get(name);
    if (!loaded) return [unreadable(metric.query, path)];
    return textFindings(loaded.text, loaded.file ?? 'the query', path);
  });
};

function unreadable(query: string, path: string[]): Finding {
  if (!legalFile(query)) {
    const message = 'a query is a file beside the plan, by its relative path without `..`, ending in .sql';
    return { code: 'queryPath', path, message, remedy: 'write it like `query: queries/mail-lost.sql`' };
  }
  const message = `the query file ${query} cannot be read`;
  return { code: 'queryMissing', path, message, remedy: 'put it beside the plan, or mend the path' };
}

function textFindings(text: string, what: string, path: string[]): Finding[] {
  const code = stripped(text);
  const absent = [':start', ':end'].filter((bound) => !new RegExp(`(?<!:)${bound}\\b`).test(code));
  const findings: Finding[] = [];
  const add = (rule: string, message: string, remedy: string) =>
    findings.push({ code: rule, path, message: `${what} ${message}`, remedy });
  if (text.length > QUERY_LIMIT) add('queryTooLarge', `has more than ${QUERY_LIMIT} characters`, 'make a view of it');
  if (absent.length > 0) {
    add(
      'queryWindow',
      `does not use ${absent.join(' and ')}`,
      'restrict it to the window: `where at >= :start and at < :end`',
    );
  }
  if (code.includes(';'))
    add('queryStatements', 'has a semicolon; one SELECT is wrapped and run read-only', 'remove the semicolon');
  if (!/^\s*(?:select|with)\b/i.test(code))
    add('queryStatements', 'does not begin with SELECT or WITH', 'write one SELECT');
  if (looksSecret(text))
    add('secretInClear', 'holds a secret in clear', 'take it out and replace it where it is valid');
  return findings;
}

/** Without comments and quoted texts, so that what stands in them proves nothing. */
function stripped(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$/g, ' ');
}
