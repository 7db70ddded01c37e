/** A file of recorded windows, judged as one step under a gates file. */
import { readFileSync } from 'node:fs';
import { makeJudge } from '../../judge/judge.js';
import { readRecorded, type Recorded } from '../../judge/recorded/read.js';
import { judgedFrom, replay } from '../../judge/recorded/replay.js';
import type { StepContext } from '../../judge/types.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { messageOf, Problem } from '../problem.js';
import { BadData } from './bad-data.js';
import { type Asked, askedOf, type LoadedGates, type Wanted } from './gates.js';
import type { Session } from './session.js';

export interface FileSession extends Session {
  recorded: Recorded;
  asked: Asked;
  /** What was assumed, one sentence each. */
  notes: string[];
}

/** Throws BadData with every bad row. */
export function sessionOfFile(gates: LoadedGates, file: string, wanted: Wanted): FileSession {
  const read = readRecorded(textOf(file), { file, metrics: gates.plan.metrics });
  if (read.kind === 'problems') throw new BadData(file, read.problems);
  const { recorded } = read;
  const asked = askedOf(gates, wanted);
  const plan = recorded.shareKnown ? gates.plan : withoutSplitCheck(gates.plan);
  const step = stepOf(asked, recorded);
  const notes = [...recorded.notes];
  const head = {
    gates: gates.file,
    data: file,
    stage: asked.by,
    minUnits: step.minUnits,
    minBakeMs: step.minMs,
    share: recorded.share,
    splitChecked: recorded.shareKnown,
    warnings: gates.warnings,
    notes,
  };
  return {
    plan,
    head,
    recorded,
    asked,
    notes,
    stretches: [{ name: '', facts: {}, looks: replay(makeJudge(plan), recorded, step) }],
  };
}

function textOf(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    if (!(error instanceof TypeError))
      throw new Problem(
        'notFound',
        `${file} cannot be read: ${messageOf(error)}`,
        'Name a file of recorded windows: --data FILE',
        error,
      );
    throw new BadData(file, [{ file, line: 1, field: 'row', window: null, reason: 'is not UTF-8 text' }]);
  }
}

/** No split was planned that one could hold the arms against: a level of zero is never reached. */
export function withoutSplitCheck(plan: Plan): Plan {
  return { ...plan, splitCheck: { ...plan.splitCheck, level: 0 } };
}

function stepOf({ by: _by, ...asked }: Asked, recorded: Recorded): StepContext {
  const { share } = recorded;
  return {
    ...asked,
    step: 0,
    share,
    randomised: share > 0 && share < 1,
    judgedFromMs: judgedFrom(recorded),
    mode: 'bake',
  };
}
