/**
 * A past rollout judged again, step by step as it went, on the windows its evidence store keeps: what would other gates
 * have done? Reads only; needs neither Temporal nor a worker.
 */
import type { RolloutEvidence } from '../../activities/store/adapter.js';
import { PAST } from '../../activities/store/evidence-names.js';
import { makeJudge } from '../../judge/judge.js';
import type { RowProblem } from '../../judge/recorded/problem.js';
import { looksAt } from '../../judge/recorded/replay.js';
import type { Reading } from '../../judge/recorded/rows.js';
import { storedRows } from '../../judge/recorded/stored.js';
import type { JudgeState, StepContext } from '../../judge/types.js';
import type { Platform } from '../../plan/platform-types.js';
import type { Plan } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';
import { connections, findKept, type Kept } from '../local.js';
import { Problem } from '../problem.js';
import { BadData } from './bad-data.js';
import type { LoadedGates, Wanted } from './gates.js';
import type { Session, Stretch } from './session.js';
import { askedAt, type PastStep, type Policy, stepsIn } from './past-steps.js';

export interface RolloutSession extends Session {
  kept: Kept;
  notes: string[];
  steps: PastStep[];
}

/** By rollout id, or model name: then the last one begun. Throws notFound, and BadData for windows no judge could take. */
export async function sessionOfRollout(
  platform: Platform,
  gates: LoadedGates,
  name: string,
  wanted: Wanted,
  tenant: string | undefined,
): Promise<RolloutSession> {
  const kept = await findKept(platform, name, tenant);
  if (!kept) throw unknown(name, 'the evidence store has none of this name');
  const { plan: past } = kept;
  if (!past) throw unknown(name, `the evidence of ${kept.rolloutId} has no plan, so its steps are not known`);
  const evidence = await (await connections(platform, kept.tenant)).evidence().open(kept.tenant, kept.rolloutId);
  const steps = stepsIn(await evidence.bakeKeys(), past);
  const windows = new Map<PastStep, Window[]>();
  const problems: RowProblem[] = [];
  for (const step of steps) windows.set(step, await windowsOf(evidence, step, gates.plan, problems));
  const before = await windowsOf(evidence, { key: PAST }, gates.plan, problems);
  if (problems.length > 0) throw new BadData(`the evidence of ${kept.rolloutId}`, problems);
  if ([...windows.values()].every((own) => own.length === 0))
    throw unknown(name, `${kept.rolloutId} has no windows of ${Object.keys(gates.plan.metrics).join(', ')}`);
  const policy: Policy = { gates, past, wanted };
  return {
    plan: gates.plan,
    head: { gates: gates.file, rollout: { tenant: kept.tenant, rolloutId: kept.rolloutId, model: past.model } },
    kept,
    steps,
    notes: notesOn(gates.plan, past),
    stretches: stretches(policy, steps, windows, before),
  };
}

function unknown(name: string, why: string): Problem {
  return new Problem(
    'notFound',
    `There is nothing of ${JSON.stringify(name)} to judge: ${why}.`,
    'Name a rollout id or a model whose evidence this platform file keeps (--platform FILE).',
  );
}

/** All windows of a step that the gates read, by end; wrong ones are reported with the name of their file. */
async function windowsOf(
  evidence: RolloutEvidence,
  { key }: Pick<PastStep, 'key'>,
  plan: Plan,
  problems: RowProblem[],
): Promise<Window[]> {
  const all: Window[] = [];
  for (const metric of Object.keys(plan.metrics)) {
    for (const window of await evidence.windows(key, metric)) {
      const reading: Reading = {
        file: `${key}/${metric}/${window.index}.json`,
        metrics: plan.metrics,
        problems: [],
        unzoned: 0,
      };
      storedRows(reading, 1, { ...window });
      problems.push(...reading.problems);
      all.push(window);
    }
  }
  return all.sort((a, b) => a.endMs - b.endMs || a.index - b.index);
}

/** A metric the rollout did not measure can say nothing of it. */
function notesOn(plan: Plan, past: Plan): string[] {
  const absent = Object.keys(plan.metrics).filter((metric) => !Object.hasOwn(past.metrics, metric));
  return absent.map((metric) => `metric ${metric} was not measured in that rollout`);
}

function* stretches(
  policy: Policy,
  steps: readonly PastStep[],
  windows: ReadonlyMap<PastStep, Window[]>,
  before: readonly Window[],
): Generator<Stretch> {
  const judge = makeJudge(policy.gates.plan);
  const state: JudgeState = judge.create();
  for (const window of before) judge.update(state, window);
  const judged = new Set<string>();
  for (const step of steps) {
    const own = windows.get(step) ?? [];
    const context = contextOf(policy, step, own, judged);
    if (own.length === 0 || context.gates.length === 0) continue;
    judge.openStep(state, context);
    const { stage, step: number, attempt, mode } = step;
    const facts = { stage, step: number, attempt, mode, share: context.share };
    yield { name: step.name, facts, looks: looksAt(judge, state, own) };
    if (context.randomised) for (const gate of context.gates) judged.add(gate);
  }
}

/** The judge's step for a recorded one, as the bake activity makes it, but for the gates and minimums of the new policy. */
function contextOf(
  policy: Policy,
  step: PastStep,
  windows: readonly Window[],
  judged: ReadonlySet<string>,
): StepContext {
  const share = windows[0]?.share ?? 0;
  const randomised = share > 0 && share < 1;
  const used = windows.filter(({ discarded }) => discarded === undefined);
  const judgedFromMs = Math.min(
    ...(used.length > 0 ? used : windows).map(({ startMs }) => startMs),
    Number.MAX_SAFE_INTEGER,
  );
  const asked = askedAt(policy, step, (gate) => randomised || judged.has(gate));
  return { ...asked, stage: step.stage, step: step.step, share, randomised, judgedFromMs, mode: step.mode };
}
