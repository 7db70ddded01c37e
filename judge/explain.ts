/** The verdict on everything seen so far, gate by gate, in numbers and plain sentences. Pure, sandbox-safe. */
import type { GateVerdict, StepVerdict, VerdictKind } from '../workflows/contract/verdicts.js';
import { askedOf } from './asked.js';
import { gateVerdict } from './gate-verdict.js';
import { type Named, nameHarm } from './name-harm.js';
import { kindOf } from './look.js';
import { isReversed } from './reversal.js';
import type { GateRule } from './rules.js';
import { splitVerdict } from './split-check.js';
import { type Standing, standingOf } from './standing.js';
import type { Process, State } from './state.js';
import { stepSentence } from './step-sentence.js';
import type { Setting } from './take-window.js';
import { unheard } from './unheard.js';

export function explain(setting: Setting, state: State): StepVerdict {
  const verdict = kindOf(setting, state);
  const named = verdict === 'fail' ? nameHarm(setting, state) : null;
  const gates = (state.step?.gates ?? []).flatMap((gate) => verdictsOf(setting, state, gate, named));
  const decidedBy = deciding(state, verdict, gates);
  const split = splitVerdict(state.split, setting.plan.splitCheck.level);
  return {
    verdict,
    decidedBy: decidedBy && { gate: decidedBy.gate, slice: decidedBy.slice },
    gates,
    split,
    asOfMs: state.asOfMs,
    sinceMs: sinceOf(state, verdict),
    sentence: stepSentence(verdict, decidedBy, split, gates, state.step),
  };
}

function verdictsOf(setting: Setting, state: State, gate: string, named: Named | null): GateVerdict[] {
  const spoken: GateVerdict[] = [];
  for (const process of state.processes) {
    if (process.gate !== gate) continue;
    const asked = askedOf(setting, state, process, false);
    if (!asked) continue;
    const standing = withReversal(state, process, standingOf(asked, process), asked.rule);
    spoken.push(mark(gateVerdict(asked, asNamed(standing, process, named), process), process, named));
  }
  return spoken.length > 0 ? spoken : [unheard(setting, state, gate)];
}

function withReversal(state: State, process: Process, standing: Standing, rule: GateRule): Standing {
  if (!isReversed(state, rule, process)) return standing;
  const reasons = [...standing.reasons, 'simpson'];
  return { ...standing, reasons, verdict: standing.verdict === 'pass' ? 'inconclusive' : standing.verdict };
}

/** Once one gate has failed, Holm's procedure may name others. */
function asNamed(standing: Standing, process: Process, named: Named | null): Standing {
  return named?.failed.has(process) ? { ...standing, verdict: 'fail' } : standing;
}

function mark(verdict: GateVerdict, process: Process, named: Named | null): GateVerdict {
  return named?.slices.has(process) ? { ...verdict, reasons: [...verdict.reasons, 'badSlice'] } : verdict;
}

function sinceOf({ held, asOfMs, processes, step }: State, verdict: VerdictKind): number {
  if (verdict !== 'fail') return held?.kind === verdict ? held.sinceMs : asOfMs;
  const failures = processes.flatMap(({ gate, failed }) => (failed && step?.gates.includes(gate) ? [failed.atMs] : []));
  return Math.min(...failures);
}

/** What failed first, or what is waited for first. */
function deciding(state: State, verdict: VerdictKind, gates: GateVerdict[]): GateVerdict | null {
  if (verdict === 'pass') return null;
  const of = gates.filter((gate) => gate.verdict === verdict);
  if (verdict === 'inconclusive') return of[0] ?? null;
  const failedAt = ({ gate, slice }: GateVerdict) =>
    state.processes.find((process) => process.gate === gate && process.slice === slice)?.failed?.atMs ??
    Number.POSITIVE_INFINITY;
  return of.toSorted((a, b) => failedAt(a) - failedAt(b))[0] ?? null;
}
