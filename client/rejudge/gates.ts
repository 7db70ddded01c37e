/** The gates file as a person has it on disk, and which of its gates are asked, with which minimums. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Problem as Finding } from '../../plan/problem.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';
import type { StepContext } from '../../judge/types.js';
import { messageOf, Problem } from '../problem.js';

/** A gates file with problems: all of them at once. */
class BadGates extends Problem {
  readonly findings: Finding[];

  constructor(file: string, findings: Finding[]) {
    const many = findings.length === 1 ? 'one problem' : `${findings.length} problems`;
    super('badPlan', `${file} has ${many}.`, 'Change what each line says and judge again.');
    this.findings = findings;
  }
}

export interface LoadedGates {
  file: string;
  plan: Plan;
  /** A whole plan, whose stages say when a gate is asked. */
  whole: boolean;
  warnings: Finding[];
}

/** Throws with every problem, or when there is no such file. */
export async function loadGates(file: string): Promise<LoadedGates> {
  const text = contents(file, 'badPlan');
  const { readGates } = await import('../../plan/gates-file.js');
  const read = readGates(text, { file, queries: (path) => beside(file, path) });
  if (read.kind === 'problems') throw new BadGates(file, read.problems);
  return { file, plan: read.plan, whole: read.whole, warnings: read.warnings };
}

export function contents(file: string, code: 'badPlan'): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem(code, `${file} cannot be read: ${messageOf(error)}`, 'Name a file that is there.', error);
  }
}

/** The plan language takes no paths that lead out of the directory. */
function beside(file: string, path: string): string | null {
  try {
    return readFileSync(join(dirname(file), path), 'utf8');
  } catch {
    return null;
  }
}

export interface Wanted {
  /** None: all of the file, or of the stage that is named. */
  gates: string[];
  stage: string | undefined;
  minUnits: number | undefined;
  minBakeMs: number | undefined;
}

/** What a step under these gates asks. */
export type Asked = Pick<StepContext, 'stage' | 'gates' | 'passWhen' | 'minUnits' | 'minMs'> & {
  /** The stage that set the minimums; null: none did. */
  by: string | null;
};

/** By the named stage, else the first one that asks everything that is judged; options win over its minimums. */
export function askedOf({ file, plan, whole }: LoadedGates, wanted: Wanted): Asked {
  const stage = wanted.stage === undefined ? undefined : stageNamed(file, plan, whole, wanted.stage);
  for (const gate of wanted.gates) refuseUnknown(file, plan, gate);
  const gates = wanted.gates.length > 0 ? wanted.gates : (stage?.gates ?? Object.keys(plan.gates));
  const by =
    stage ?? (whole ? plan.stages.find((each) => gates.every((gate) => each.gates.includes(gate))) : undefined);
  const tree = by?.passWhen !== undefined && by.gates.every((gate) => gates.includes(gate)) ? by.passWhen : undefined;
  return {
    stage: by?.name ?? 'recorded',
    gates,
    ...(tree === undefined ? {} : { passWhen: tree }),
    minUnits: wanted.minUnits ?? by?.bake.minUnits ?? 0,
    minMs: wanted.minBakeMs ?? by?.bake.minMs ?? 0,
    by: by?.name ?? null,
  };
}

function stageNamed(file: string, plan: Plan, whole: boolean, name: string): StageSpec {
  const found = whole ? plan.stages.find((stage) => stage.name === name) : undefined;
  if (found) return found;
  const known = whole ? `it has ${plan.stages.map((stage) => stage.name).join(', ')}` : 'it is no whole plan';
  throw new Problem(
    'badPlan',
    `${file} has no stage ${JSON.stringify(name)}: ${known}.`,
    'Leave out --stage, or name one of the plan.',
  );
}

function refuseUnknown(file: string, plan: Plan, gate: string): void {
  if (Object.hasOwn(plan.gates, gate)) return;
  const known = Object.keys(plan.gates).join(', ');
  throw new Problem('badPlan', `${file} has no gate ${JSON.stringify(gate)}.`, `Name one of its gates: ${known}.`);
}
