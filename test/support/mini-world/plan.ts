/** Plans for the small world, as text: the tests go through the same door as everybody's plan. */
import { readPlan } from '../../../plan/read.js';
import type { Digest, Plan } from '../../../workflows/contract/plan.js';
import { CANDIDATE, FLAG, TENANT } from './files.js';

export interface PlanSetting {
  /** Flow YAML of the stages; default: one stage, half of the users and then all. */
  stages?: string;
  /** Fields of the only bake, flow YAML without braces. */
  bake?: string;
  /** Default `2m`: never lapses by a slow machine. */
  lease?: string;
  /** Adds a gate that seconds of traffic can never prove. */
  impossible?: boolean;
  /** Adds a gate that compares with the baseline. */
  comparative?: boolean;
  after?: string;
  /** Adds a source of outcomes, asked of PostgreSQL, and a gate on it. */
  outcomes?: boolean;
}

/** A look a second; the margin is wide, so that seconds of healthy traffic are enough to pass. */
export function planText(model: string, setting: PlanSetting = {}): string {
  const more = [
    ...(setting.impossible ? ['flawless'] : []),
    ...(setting.comparative ? ['errors'] : []),
    ...(setting.outcomes ? ['lost-low'] : []),
  ];
  const gates = `[${['errors-low', ...more].join(', ')}]`;
  const bake = `{ warmup: 1s, min: 2s, max: 3m, ${setting.bake ?? ''} }`;
  const stages =
    setting.stages ?? `[{ name: general, exposure: { share: [50%, 100%] }, bake: ${bake}, gates: ${gates} }]`;
  return `version: 1
model: ${model}
tenant: ${TENANT}
owner: team-mail-ml
risk: low
candidate: { registry: models, version: ${CANDIDATE} }
target: { store: flags, flag: ${FLAG}, stickyBy: mailboxId }
sources:
  traffic: { scrape: servers, window: 1s }
  ${setting.outcomes ? 'outcomes: { sql: outcomes, window: 1s, settle: 1s }' : ''}
metrics:
  errors: { from: traffic, kind: rate, units: requests_total, events: requests_failed_total, better: lower }
  ${setting.outcomes ? 'lost: { from: outcomes, kind: rate, query: lost.sql, better: lower }' : ''}
gates:
  errors-low: { metric: errors, promoteWhen: { provenBelow: 5% } }
  ${setting.impossible ? 'flawless: { metric: errors, rollbackWhen: never, promoteWhen: { provenBelow: 0.001% } }' : ''}
  ${setting.comparative ? 'errors: { rollbackWhen: { provenWorseBy: 2pp }, promoteWhen: { provenWithin: 5pp } }' : ''}
  ${setting.outcomes ? 'lost-low: { metric: lost, promoteWhen: { provenBelow: 5% } }' : ''}
lease: { for: ${setting.lease ?? '2m'}, onSilence: baseline }
guardEvery: 1s
stages: ${stages}
${setting.after ? `after: ${setting.after}` : ''}
`;
}

/** A hundred units an arm and second, one of them lost: what matters here is whether the database answers at all. */
const LOST = `select arm, 'share' as via, 100 as units, 1 as events
from (values ('baseline'), ('candidate')) as arms (arm)
where :start::timestamptz < :end::timestamptz`;

/** Throws with every problem of the plan. */
export function planOf(model: string, setting: PlanSetting): { plan: Plan; digest: Digest } {
  const reading = readPlan(planText(model, setting), {
    file: 'faults.rollout.yaml',
    queries: (path) => (path === 'lost.sql' ? LOST : null),
    mode: 'development',
  });
  if (reading.kind === 'problems') throw new Error(`the test's plan: ${JSON.stringify(reading.problems, null, 1)}`);
  return reading;
}
