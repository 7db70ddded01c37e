/** `preset: standard`: stages, approvals, the phase after promotion and gates for a plan that names none. Pure. */
import type { RiskTier } from '../workflows/contract/plan.js';
import type { WrittenGate, WrittenMetric, WrittenPlan, WrittenStage } from './schema.js';

type After = NonNullable<WrittenPlan['after']>;

const OWNER = { rules: [{ role: 'modelOwner', min: 1 }] };
const OWNER_AND_RISK: WrittenStage['approval'] = {
  rules: [
    { role: 'modelOwner', min: 1 },
    { role: 'risk', min: 1 },
  ],
  exclude: ['initiator'],
};

/** The higher the risk, the smaller the steps, the more people, the longer the watch. */
const TIERS = {
  low: { beta: ['10%'], general: ['50%', '100%'], askBeta: undefined, askGeneral: undefined, after: ['1d', '2%'] },
  medium: { beta: ['5%', '25%'], general: ['50%', '100%'], askBeta: undefined, askGeneral: OWNER, after: ['3d', '5%'] },
  high: {
    beta: ['1%', '5%', '20%'],
    general: ['50%', '100%'],
    askBeta: OWNER,
    askGeneral: OWNER_AND_RISK,
    after: ['7d', '5%'],
  },
} as const;

/**
 * No internal stage: it needs a cohort the application knows, and without one the rollout would wait for users who
 * never come.
 */
export function standardStages(risk: RiskTier, gates: string[]): WrittenStage[] {
  const { beta, general, askBeta, askGeneral } = TIERS[risk];
  return [
    { name: 'beta', exposure: { share: [...beta] }, ...(askBeta && { approval: askBeta }), gates },
    { name: 'general', exposure: { share: [...general] }, ...(askGeneral && { approval: askGeneral }), gates },
  ];
}

export function standardAfter(risk: RiskTier, gates: string[]): After {
  const [duration, holdBack] = TIERS[risk].after;
  return { for: duration, holdBack, gates };
}

/**
 * A guardrail for each rate no gate asks about. In points, not relative: a relative margin on a rare event would take
 * days. Quantiles get none: their limit must be an edge of their histogram, which a plan cannot guess.
 */
export function standardGates(
  metrics: Record<string, WrittenMetric>,
  written: Record<string, WrittenGate>,
): Record<string, WrittenGate> {
  const asked = new Set(Object.entries(written).map(([gate, { metric }]) => metric ?? gate));
  const missing = Object.entries(metrics).filter(
    ([metric, { kind }]) => kind === 'rate' && !asked.has(metric) && !Object.hasOwn(written, metric),
  );
  const added = missing.map(([metric]): [string, WrittenGate] => [metric, { promoteWhen: { provenWithin: '1pp' } }]);
  return { ...written, ...Object.fromEntries(added) };
}
