/** A verified bundle as a person reads it: one line for each check, then what it comes to. Pure. */
import type { Line, LineState, Verification } from '../../evidence/verify.js';
import { EXIT } from '../../workflows/contract/errors.js';
import type { Paint } from './paint.js';
import { pad, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

const STATES: Record<LineState, { word: string; colour: keyof Paint }> = {
  ok: { word: 'ok', colour: 'green' },
  invalid: { word: 'INVALID', colour: 'red' },
  incomplete: { word: 'incomplete', colour: 'yellow' },
  note: { word: 'note', colour: 'dim' },
};

const WORD = 10;
const CHECK = 11;

export function verifyLines({ about, lines, exit }: Verification, canvas: Canvas): string[] {
  const head = about
    ? `Rollout ${about.rolloutId} of ${about.model} ${about.candidate}, tenant ${about.tenant}: ${about.outcome ?? 'not ended'}`
    : 'This is no bundle of Sluice.';
  return [
    ...wrap(canvas.paint.bold(safe(head)), canvas.width, '  '),
    ...lines.flatMap((line) => lineText(line, canvas)),
    ...wrap(summary(lines, exit), canvas.width, '  '),
  ];
}

function lineText({ check, state, sentence }: Line, { paint, width }: Canvas): string[] {
  const { word, colour } = STATES[state];
  const lead = WORD + CHECK + 6;
  const [first = '', ...rest] = wrap(safe(sentence), Math.max(30, width - lead));
  const begin = `  ${paint[colour](pad(word, WORD))}  ${pad(check, CHECK)}  ${first}`;
  return [begin, ...rest.map((line) => `${' '.repeat(lead)}${line}`)];
}

function summary(lines: readonly Line[], exit: Verification['exit']): string {
  const first = (wanted: LineState): string => {
    const line = lines.find(({ state }) => state === wanted);
    return line ? `${line.check}: ${safe(line.sentence)}` : '';
  };
  switch (exit) {
    case EXIT.done:
      return 'Valid: nothing was altered, and every raise had its proof.';
    case EXIT.evidenceInvalid:
      return `INVALID: ${first('invalid')}.`;
    case EXIT.evidenceIncomplete:
      return `Incomplete: nothing is wrong, but not everything can be proven. First of all: ${first('incomplete')}.`;
  }
}
