/** The step in one sentence: what decided, or what is waited for. Pure, sandbox-safe. */
import type { GateVerdict, SplitVerdict, VerdictKind } from '../workflows/contract/verdicts.js';
import { treeText } from './decision/gate-tree.js';
import type { StepContext } from './types.js';

export function stepSentence(
  verdict: VerdictKind,
  decidedBy: GateVerdict | null,
  split: SplitVerdict,
  gates: GateVerdict[],
  step: StepContext | null,
): string {
  if (!step) return 'No step is open; nothing is judged yet.';
  if (verdict === 'fail')
    return `Gate ${decidedBy?.gate ?? ''} failed: ${decidedBy?.sentence ?? ''}${badSlices(gates)}`;
  if (split.broken) return split.sentence;
  if (verdict === 'pass') return passed(gates, step);
  if (step.gates.length === 0) return 'This step has no gate, so nothing can pass it.';
  const open = gates.filter((gate) => gate.verdict !== 'pass').length;
  if (open === 0) return 'No gate proves harm.';
  const others = open > 1 ? ` (${open - 1} more ${open === 2 ? 'is' : 'are'} waited for)` : '';
  return `Waiting for ${decidedBy?.gate ?? ''}${others}: ${decidedBy?.sentence ?? ''}`;
}

function passed(gates: GateVerdict[], { passWhen }: StepContext): string {
  const first = gates.find(({ verdict }) => verdict === 'pass')?.sentence ?? '';
  if (passWhen === undefined) return `All ${gates.length} questions of this step are answered: ${first}`;
  return `What this step asks for has passed (${treeText(passWhen)}): ${first}`;
}

function badSlices(gates: GateVerdict[]): string {
  const bad = gates.filter(({ slice, reasons }) => slice !== null && reasons.includes('badSlice'));
  if (bad.length < 2) return '';
  return ` Bad slices: ${bad.map(({ gate, slice }) => `${slice} (${gate})`).join(', ')}.`;
}
