/** Facts that park a rollout whatever the numbers say, and whether the workflow must hear of a change in them. */
import type { Conditions } from '../../workflows/contract/activities.js';
import type { Arm } from '../../workflows/contract/plan.js';
import type { StepVerdict } from '../../workflows/contract/verdicts.js';
import type { Look } from './bake.js';
import type { Finding } from './exposure.js';

export interface Changes {
  conditions: Conditions;
  changed: boolean;
  /** Anything at all stands. */
  standing: boolean;
  suspect: string | null;
}

interface Seen {
  exposure: Extract<Finding, { kind: 'standing' }>;
  verdict: StepVerdict;
  silentSinceMs: Record<string, number>;
  suspect: string | null;
}

export async function findChanges(look: Look, seen: Seen): Promise<Changes> {
  const { known } = look.input;
  const found = await wrongArm(look);
  // One bad answer may be a restart; the same one twice in a row is believed. Recovery is believed at once.
  const armWrong = found !== null && (seen.suspect !== null || known.armWrong !== null) ? found : null;
  const conditions: Conditions = {
    blind: blindGates(look, seen.silentSinceMs),
    splitBroken: seen.verdict.split.broken,
    labelsBroken: seen.verdict.gates.some((gate) => gate.reasons.includes('labelsBroken')),
    armWrong,
    editedDown: seen.exposure.editedDown,
  };
  const changed = digest(conditions) !== digest(known);
  const standing =
    digest(conditions) !==
    digest({ blind: [], splitBroken: false, labelsBroken: false, armWrong: null, editedDown: null });
  return { conditions, changed, standing, suspect: found };
}

/** Which conditions stand, not how they are worded: a sentence whose numbers move is no news. */
function digest({ blind, splitBroken, labelsBroken, armWrong, editedDown }: Conditions): string {
  return JSON.stringify([[...blind].sort(), splitBroken, labelsBroken, armWrong !== null, editedDown !== null]);
}

function blindGates(look: Look, silentSinceMs: Record<string, number>): string[] {
  const { input, plan, nowMs } = look;
  const stage = plan.stages.find((candidate) => candidate.name === input.stage);
  const budgetMs = stage?.bake.blindAfterMs ?? 0;
  const gates = input.mode === 'after' ? (plan.after?.gates ?? []) : (stage?.gates ?? []);
  return gates.filter((gate) => {
    const source = plan.metrics[plan.gates[gate]?.metric ?? '']?.from ?? '';
    const since = silentSinceMs[source];
    return since !== undefined && (nowMs - since >= budgetMs || input.known.blind.includes(gate));
  });
}

/** Both arms must be healthy and serve the digests that were pinned at admission. */
async function wrongArm(look: Look): Promise<string | null> {
  const { plan, input, deps, signal } = look;
  if (plan.arms === null) return null;
  const source = deps.connections(input.tenant).source({ kind: 'scrape', connection: plan.arms });
  try {
    const arms: Arm[] = ['baseline', 'candidate'];
    const wrongs = await Promise.all(
      arms.map((arm) => source.inspectArm(arm, signal).then((report) => fault(arm, report, input.digests[arm]))),
    );
    return wrongs.find((wrong) => wrong !== null) ?? null;
  } finally {
    await source.close();
  }
}

function fault(
  arm: Arm,
  report: { digest: string | null; healthy: boolean | null; sentence: string } | null,
  pinned: string,
): string | null {
  if (!report) return null;
  if (report.healthy === false) return `The ${arm} is not healthy: ${report.sentence}`;
  if (report.digest !== null && report.digest !== pinned)
    return `The ${arm} serves ${report.digest}, not the pinned ${pinned}.`;
  return null;
}
