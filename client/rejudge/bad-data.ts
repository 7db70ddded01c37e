/** Recorded data that cannot be judged: every bad row at once. The command line ends with code 2 and judges nothing. */
import { type RowProblem, showRowProblem } from '../../judge/recorded/problem.js';
import { safe } from '../render/text.js';

export class BadData extends Error {
  readonly problems: readonly RowProblem[];

  constructor(where: string, problems: readonly RowProblem[]) {
    const many = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(`${where} has ${many}; nothing was judged.`);
    this.name = 'BadData';
    this.problems = problems;
  }
}

/** Rows a person is shown; a program gets all. */
const SHOWN = 20;

export function badDataLines({ problems, message }: BadData): string[] {
  const rows = problems.slice(0, SHOWN).map((problem) => safe(showRowProblem(problem)));
  const more = problems.length - rows.length;
  return [
    ...rows,
    ...(more > 0 ? [`... and ${more} more; --json lists all`] : []),
    `error ${safe(message)} [badData]`,
    '  → Mend what each line says and judge again.',
  ];
}

export function badDataDocument({ problems, message }: BadData): object {
  const remedy = 'Mend what each finding says and judge again.';
  return { version: 1, error: { code: 'badData', message, remedy, findings: problems }, looks: [], first: null };
}
