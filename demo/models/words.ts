/** Words as both filters see them: lower-case, three letters or more, each counted once however often it comes. Pure. */
import type { Letter } from '../mail.js';

/** Longer bodies are cut: what follows is mostly attachments. */
export const MOST_CHARACTERS = 20_000;

const WORD = /[a-z][a-z'-]{2,20}/g;

/** The distinct words of a text. */
export function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(WORD) ?? []);
}

/** The distinct words of a letter's body and subject, in one set. */
export function letterWords({ subject, body }: Letter): Set<string> {
  return wordsOf(`${subject}\n${body.slice(0, MOST_CHARACTERS)}`);
}
