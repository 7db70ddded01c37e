/** docs/numbers.md as text. Pure: the same results give the same page. */
import { isMissed, type Row } from './row.js';

export type Result =
  | { kind: 'measured'; name: string; title: string; rows: Row[] }
  /** It broke or ran out of time: no number, and the page says why. */
  | { kind: 'failed'; name: string; title: string; reason: string };

export interface Machine {
  cores: number;
  node: string;
  temporal: string;
}

export function numbersPage(results: readonly Result[], machine: Machine): string {
  return `${[heading(results, machine), ...results.map(section)].join('\n\n')}\n`;
}

export function section(result: Result): string {
  const head = `## ${result.title} (\`${result.name}\`)`;
  if (result.kind === 'failed') return `${head}\n\n**Not measured:** ${plain(result.reason)}`;
  return [head, ...grouped(result.rows).map(group)].join('\n\n');
}

export function missed(results: readonly Result[]): string[] {
  return results.flatMap((result) =>
    result.kind === 'failed' ? [`${result.title}: not measured`] : result.rows.filter(isMissed).map(({ what }) => what),
  );
}

function heading(results: readonly Result[], { cores, node, temporal }: Machine): string {
  const short = missed(results);
  const account = short.length === 0 ? 'Every target was met.' : `Missed: ${short.join('; ')}.`;
  return [
    '# Numbers',
    'Written by `npm run bench`; `npm run bench -- NAME` measures one part and prints it. Nothing here is edited by hand.',
    `One run on a machine of ${cores} cores, Node ${node}, a local Temporal server ${temporal} on SQLite. Server, workers,` +
      ' traffic and the measuring program share the cores, so every time is an upper bound of what they cost apart.',
    account,
  ].join('\n\n');
}

/** Neighbours with the same method and limits share one table. */
function grouped(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const [first] = groups.at(-1) ?? [];
    if (first && first.method === row.method && first.limits === row.limits) groups.at(-1)?.push(row);
    else groups.push([row]);
  }
  return groups;
}

function group(rows: Row[]): string {
  const [{ method, limits } = { method: '', limits: '' }] = rows;
  return [
    ['| what | measured | target | |', '|---|---:|---:|---|', ...rows.map(line)].join('\n'),
    `*How:* ${method}`,
    `*Not measured:* ${limits}`,
  ].join('\n\n');
}

function line(row: Row): string {
  const bound = row.target === null ? '–' : `${row.target.kind === 'atMost' ? '≤' : '≥'} ${number(row.target.value)}`;
  const kept = row.target === null ? '' : isMissed(row) ? '**missed**' : 'met';
  return `| ${row.what} | ${number(row.measured)} ${row.unit} | ${bound} | ${kept} |`;
}

/** Three significant digits below a thousand, whole numbers above. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return 'no number';
  const rounded = Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** One line, and nothing that a reason could do to the page. */
function plain(reason: string): string {
  return reason
    .replace(/\s+/g, ' ')
    .replace(/[|<>*_`]/g, ' ')
    .slice(0, 400);
}
