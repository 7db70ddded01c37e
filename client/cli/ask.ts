/** Asking a person once. Not a terminal and no --yes: refused with the remedy, never taken for a yes. */
import { createInterface } from 'node:readline/promises';
import { Problem } from '../problem.js';

/** True for yes. `remedy` says what to type where nobody can be asked. */
export async function confirm(question: string, yes: boolean, remedy: string): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY)
    throw new Problem('unconfirmed', 'This has to be confirmed, and nobody is at the keyboard.', remedy);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
