/** What the demo says, with the time since it began; and what it remembers of it for the account at the end. */

export interface Narrator {
  title(text: string): void;
  say(line: string): void;
  /** Said, and part of the account. */
  note(line: string): void;
  /** Output of a command, indented. */
  quote(text: string): void;
  /** Begins a chapter of the account; what is noted and recorded goes into it. */
  chapter(name: string): void;
  /** Part of the account without being said: it happened at this moment. */
  record(atMs: number, line: string): void;
  /** The chapters with what happened in them, by time. */
  account(): string[];
}

export function createNarrator(write: (text: string) => void, now: () => number = Date.now): Narrator {
  const began = now();
  const chapters: { name: string; notes: { atMs: number; line: string }[] }[] = [];
  const stamp = (atMs: number) => {
    const seconds = Math.max(0, Math.floor((atMs - began) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`.padStart(5);
  };
  const say = (line: string) => write(`${stamp(now())}  ${line}\n`);
  const record = (atMs: number, line: string) => void chapters.at(-1)?.notes.push({ atMs, line });
  return {
    title: (text) => write(`\n${text}\n${'='.repeat(text.length)}\n`),
    say,
    note: (line) => {
      record(now(), line);
      say(line);
    },
    quote: (text) => write(`${text.trimEnd().replace(/^/gm, '       | ')}\n`),
    chapter: (name) => void chapters.push({ name, notes: [] }),
    record,
    account: () =>
      chapters.flatMap(({ name, notes }) => {
        const sorted = notes.toSorted((a, b) => a.atMs - b.atMs);
        return [name, ...sorted.map(({ atMs, line }) => `  ${stamp(atMs)}  ${line}`), ''];
      }),
  };
}
