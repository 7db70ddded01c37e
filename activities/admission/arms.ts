/** Both arms and all sources, as they are at the start of a rollout. */
import { Context } from '@temporalio/activity';
import type { Arm, Digest, Plan } from '../../workflows/contract/plan.js';
import type { Connections } from '../connections.js';
import { failure } from '../failures.js';

/** Both arms must run, and serve exactly what the registry says they should. Gives notes. */
export async function checkArms(connections: Connections, plan: Plan, digests: Record<Arm, Digest>): Promise<string[]> {
  if (plan.arms === null)
    return ['No source reports health and digest of the arms: a swapped model would go unnoticed.'];
  const source = connections.source({ kind: 'scrape', connection: plan.arms });
  try {
    for (const arm of ['baseline', 'candidate'] as const) {
      const report = await source.inspectArm(arm, Context.current().cancellationSignal);
      if (report?.healthy === false) throw failure('armUnhealthy', `The ${arm} is not healthy: ${report.sentence}`);
      if (report?.digest !== digests[arm]) {
        throw failure(
          'digestMismatch',
          `The ${arm} serves ${report?.digest ?? 'no digest'}, but the registry has ${digests[arm]}.`,
        );
      }
    }
    return [];
  } finally {
    await source.close();
  }
}

/** Each source answers, and has what the plan asks it for. Gives notes. */
export async function checkSources(connections: Connections, plan: Plan): Promise<string[]> {
  const notes: string[] = [];
  for (const [name, spec] of Object.entries(plan.sources)) {
    const metrics = Object.fromEntries(Object.entries(plan.metrics).filter(([, metric]) => metric.from === name));
    const source = connections.source(spec);
    try {
      notes.push(...(await source.check(metrics, spec, Context.current().cancellationSignal)));
    } finally {
      await source.close();
    }
  }
  return notes;
}
