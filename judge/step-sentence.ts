/** The step in one sentence: what decided, or what is waited for. Pure, sandbox-safe. */
import type { GateVerdict, SplitVerdict, VerdictKind } from '../workflows/contract/verdicts.js';
import type { StepContext } from './types.js';

export function stepSentence(
  verdict: VerdictKind,
  decidedBy: GateVerdict | null,
  split: SplitVerdict,
  gates: GateVerdict[],
  step: StepContext | null,
): string {
  if (!step) return 'No step is open; nothing is judged yet.';
  if (verdict === 'fail') return `Gate ${decidedBy?.gate ?? ''} failed: ${decidedBy?.sentence ?? ''}`;
  if (split.broken) return split.sentence;
  if (verdict === 'pass') return `All ${gates.length} questions of this step are answered: ${gates[0]?.sentence ?? ''}`;
  if (step.gates.length === 0) return 'This step has no gate, so nothing can pass it.';
  const open = gates.filter((gate) => gate.verdict !== 'pass').length;
  if (open === 0) return 'No gate proves harm.';
  const others = open > 1 ? ` (${open - 1} more ${open === 2 ? 'is' : 'are'} waited for)` : '';
  return `Waiting for ${decidedBy?.gate ?? ''}${others}: ${decidedBy?.sentence ?? ''}`;
}
