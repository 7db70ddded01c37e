/** Builders of canonical plans for tests: small, quick, and complete. */
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';

const BAKE: StageSpec['bake'] = {
  warmupMs: 0,
  minMs: 0,
  maxMs: 60_000,
  minUnits: 0,
  onTimeout: 'hold',
  onBlind: 'hold',
  blindAfterMs: 2_000,
  blindDeadlineMs: 60_000,
};

export const STAGE = {
  internal: (): StageSpec => ({
    name: 'internal',
    steps: [{ share: 0, cohorts: ['staff'] }],
    approval: null,
    bake: { ...BAKE },
    gates: ['errors-low'],
  }),
  beta: (): StageSpec => ({
    name: 'beta',
    steps: [{ share: 0.25, cohorts: ['staff'] }],
    approval: {
      rules: [{ role: 'modelOwner', min: 1 }],
      exclude: [],
      timeoutMs: 3_600_000,
      onTimeout: 'hold',
      onReject: 'stay',
      remindEveryMs: 3_600_000,
    },
    bake: { ...BAKE },
    gates: ['errors-low'],
  }),
  general: (): StageSpec => ({
    name: 'general',
    steps: [
      { share: 0.5, cohorts: ['staff'] },
      { share: 1, cohorts: ['staff'] },
    ],
    approval: {
      rules: [
        { role: 'modelOwner', min: 1 },
        { role: 'risk', min: 1 },
      ],
      exclude: ['initiator'],
      timeoutMs: 3_600_000,
      onTimeout: 'hold',
      onReject: 'stay',
      remindEveryMs: 3_600_000,
    },
    bake: { ...BAKE },
    gates: ['errors-low'],
  }),
};

export function aPlan(change: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    model: 'spam-filter',
    tenant: 'mail',
    owner: 'team-mail-ml',
    intent: 'Let less spam through.',
    risk: 'medium',
    runbook: null,
    candidate: { registry: 'models', version: 'nb-2' },
    target: { store: 'flags', flag: 'spam-filter', stickyBy: 'mailboxId', cohortAttribute: 'cohort' },
    arms: 'spam-servers',
    sources: { traffic: { kind: 'scrape', connection: 'spam-servers', windowMs: 1_000, settleMs: 0 } },
    metrics: {
      errors: {
        from: 'traffic',
        kind: 'rate',
        better: 'lower',
        unit: 'request',
        users: null,
        slices: null,
        reading: { kind: 'scrape', units: 'requests_total', events: 'requests_failed_total' },
      },
    },
    gates: {
      'errors-low': {
        metric: 'errors',
        role: 'guardrail',
        promoteWhen: { provenBelow: '1%' },
        rollbackWhen: { provenAbove: '1%' },
        fastLane: null,
      },
    },
    falseAlarms: { rollback: 0.02, promote: 0.05 },
    lease: { forMs: 900_000, onSilence: 'baseline' },
    guardEveryMs: 300_000,
    splitCheck: { level: 0.001 },
    stages: [STAGE.internal(), STAGE.beta(), STAGE.general()],
    after: null,
    notify: [],
    ...change,
  };
}
