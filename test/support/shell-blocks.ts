/**
 * The commands of a Markdown page, as a reader types them: every line of every `sh` block, with what its comment says.
 *
 *     # in every terminal                      first line of a block: typed in each terminal before all else
 *     # terminal 2                             first line of a block: where it is typed; else in the reader's own
 *     COMMAND   # exits 10                     the exit code; else 0
 *     COMMAND   # ready when it says "..."     goes on running
 *     COMMAND   # until it says "...", then Ctrl-C
 *
 * Pure.
 */
export type Ends =
  | { kind: 'exits'; code: number }
  | { kind: 'stays'; says: string }
  | { kind: 'interrupted'; says: string };

export interface Command {
  /** `README.md:34`. */
  place: string;
  terminal: string;
  text: string;
  ends: Ends;
}

export interface Page {
  /** Typed in every terminal first. */
  prelude: string[];
  commands: Command[];
}

export const OWN_TERMINAL = 'own';

interface Block {
  language: string;
  lines: { text: string; place: string }[];
}

/** Throws when a block that is not `sh` holds commands of ours, and on a comment in an `sh` block that it cannot read. */
export function pageOf(markdown: string, file: string): Page {
  const page: Page = { prelude: [], commands: [] };
  for (const block of blocksOf(markdown, file)) {
    if (block.language === 'sh') readBlock(block, page);
    else refuseHidden(block);
  }
  return page;
}

function blocksOf(markdown: string, file: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  markdown.split('\n').forEach((text, index) => {
    const fence = /^\s*```(\w*)/.exec(text);
    if (fence && open) open = null;
    else if (fence) blocks.push((open = { language: fence[1] ?? '', lines: [] }));
    else if (text.trim() !== '') open?.lines.push({ text: text.trim(), place: `${file}:${index + 1}` });
  });
  if (open) throw new Error(`${file}: a block is not closed`);
  return blocks;
}

function readBlock({ lines }: Block, page: Page): void {
  let terminal = OWN_TERMINAL;
  let everywhere = false;
  for (const { text, place } of lines) {
    const where = /^# terminal (\w+)$/.exec(text)?.[1];
    if (where !== undefined) terminal = where;
    else if (text === '# in every terminal') everywhere = true;
    else if (text.startsWith('#')) throw new Error(`${place}: no runner understands "${text}"`);
    else if (everywhere) page.prelude.push(text);
    else page.commands.push({ place, terminal, ...commandOf(text, place) });
  }
}

function commandOf(line: string, place: string): Pick<Command, 'text' | 'ends'> {
  const [, text = line, comment] = /^(.*?)\s+# (.*)$/.exec(line) ?? [];
  if (comment === undefined) return { text, ends: { kind: 'exits', code: 0 } };
  const code = /^exits (\d+)$/.exec(comment)?.[1];
  if (code !== undefined) return { text, ends: { kind: 'exits', code: Number(code) } };
  const ready = /^ready when it says "(.+)"$/.exec(comment)?.[1];
  if (ready !== undefined) return { text, ends: { kind: 'stays', says: ready } };
  const until = /^until it says "(.+)", then Ctrl-C$/.exec(comment)?.[1];
  if (until !== undefined) return { text, ends: { kind: 'interrupted', says: until } };
  throw new Error(`${place}: no runner understands "# ${comment}"`);
}

/** A command in a block that nobody runs is a promise that nobody keeps. */
function refuseHidden({ language, lines }: Block): void {
  const hidden = lines.find(({ text }) => /^(\$ )?(sluice|npx|npm|node) /.test(text));
  if (hidden) throw new Error(`${hidden.place}: "${hidden.text}" stands in a ${language || 'plain'} block; make it sh`);
}
