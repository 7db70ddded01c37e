/** Whether the judge makes anything of a kind of metric: a kind it cannot read is reported as not measured. */
import { Random } from '../random.js';
import type { Kind } from '../streams/kinds.js';
import { POISSON } from '../streams/noise.js';
import { judgeOf, opened, questionOf } from '../watch.js';

const LOOKS = 60;
const known = new Map<string, boolean>();

export function isJudged(kind: Kind): boolean {
  const judged = known.get(kind.name) ?? hasEstimate(kind);
  known.set(kind.name, judged);
  return judged;
}

function hasEstimate(kind: Kind): boolean {
  const judge = judgeOf(questionOf(kind, POISSON))();
  const random = new Random(kind.name, 1);
  const stream = kind.stream({ class: POISSON, traffic: 3_000, ratio: 1, phase: 'bake', random });
  const state = opened(judge, stream, 'bake');
  for (let look = 0; look < LOOKS; look += 1) judge.update(state, stream.next());
  const [verdict] = judge.explain(state).gates;
  return verdict !== undefined && verdict.estimate !== null && !verdict.reasons.includes('unsupportedLimit');
}
