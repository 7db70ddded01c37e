/** The plan of the design's section 9, judged on simulated spam traffic. */
import type { Plan } from '../../../workflows/contract/plan.js';
import type { Cell, Observation, Payload, Via } from '../../../workflows/contract/windows.js';
import { STAGE } from '../../support/plans.js';
import { type Random, gate, plan, poisson, quantile, rate } from './world.js';

const bake = (minMs: number, maxMs: number, minUnits: number) => ({
  ...STAGE.beta().bake,
  warmupMs: 2_000,
  minMs,
  maxMs,
  minUnits,
});

export function demoPlan(): Plan {
  const gates = {
    'errors-low': gate({ rollbackWhen: { provenAbove: '1%' }, promoteWhen: { provenBelow: '1%' } }),
    errors: gate({
      rollbackWhen: { provenWorseBy: '0.2pp' },
      promoteWhen: { provenWithin: '0.5pp' },
      fastLane: { ratio: 1.5, share: 0.25 },
    }),
    latency: gate({ metric: 'latency', rollbackWhen: { provenAbove: '50ms' }, promoteWhen: { provenBelow: '50ms' } }),
    'mail-lost': gate({
      metric: 'mail-lost',
      rollbackWhen: { provenWorseBy: '0.8pp' },
      promoteWhen: { provenWithin: '2pp' },
    }),
    'spam-kept': gate({ metric: 'spam-kept', role: 'success', promoteWhen: { provenBetterBy: '0%' } }),
  };
  const source = { connection: 'x', windowMs: 2_000 };
  return plan(
    {
      errors: rate(),
      latency: quantile(),
      'mail-lost': rate({ from: 'outcomes', slices: { by: ['mailType'], minUnits: 200, onThin: 'extend' } }),
      'spam-kept': rate({ from: 'outcomes' }),
    },
    gates,
    {
      sources: {
        traffic: { kind: 'scrape', settleMs: 0, ...source },
        outcomes: { kind: 'sql', settleMs: 2_000, ...source },
      },
      stages: [
        { ...STAGE.internal(), gates: ['errors-low', 'latency'], bake: bake(10_000, 120_000, 0) },
        { ...STAGE.beta(), gates: ['errors', 'latency', 'mail-lost'], bake: bake(20_000, 180_000, 2_000) },
        { ...STAGE.general(), gates: Object.keys(gates), bake: bake(15_000, 180_000, 2_000) },
      ],
    },
  );
}

/** Deliveries: 69 % ham, of which some hard, and spam. Rates of loss by model. */
export interface Model {
  easyLost: number;
  hardLost: number;
  spamKept: number;
}
export const RULES: Model = { easyLost: 0.02, hardLost: 0.17, spamKept: 0.27 };
export const BAD: Model = { easyLost: 0.002, hardLost: 0.69, spamKept: 0.05 };
export const GOOD: Model = { easyLost: 0.004, hardLost: 0.06, spamKept: 0.1 };

const PER_WINDOW = 1_000;
const STAFF = 0.1;
const MIX = { easy: 0.65, hard: 0.04, spam: 0.31 };

type Observations = Record<'errors' | 'latency' | 'mail-lost' | 'spam-kept', Observation>;

/** What 2 s of 500 deliveries a second show at a share. */
export function demoWindow(random: Random, share: number, candidate: Model): Observations {
  const cells: Record<keyof Observations, Cell[]> = { errors: [], latency: [], 'mail-lost': [], 'spam-kept': [] };
  const users: [Cell['arm'], Via, number, Model][] = [
    ['baseline', 'share', (1 - STAFF) * (1 - share), RULES],
    ['candidate', 'share', (1 - STAFF) * share, candidate],
    ['candidate', 'cohort:staff', STAFF, candidate],
  ];
  for (const [arm, via, part, model] of users) {
    if (part <= 0) continue;
    const of = (fraction: number, chance: number): Payload & { kind: 'rate' } => {
      const units = poisson(random, PER_WINDOW * part * fraction);
      let events = 0;
      for (let i = 0; i < units; i += 1) if (random() < chance) events += 1;
      return { kind: 'rate', units, events };
    };
    const [easy, hard] = [of(MIX.easy, model.easyLost), of(MIX.hard, model.hardLost)];
    const ham: Payload = { kind: 'rate', units: easy.units + hard.units, events: easy.events + hard.events };
    const n = easy.units + hard.units;
    cells.errors.push({ arm, via, slice: null, payload: of(1, 0) });
    cells.latency.push({
      arm,
      via,
      slice: null,
      payload: {
        kind: 'quantile',
        n,
        buckets: [
          [10, n],
          [50, n],
          [null, n],
        ],
      },
    });
    cells['mail-lost'].push({ arm, via, slice: null, payload: ham });
    cells['mail-lost'].push({ arm, via, slice: 'mailType=easy-ham', payload: easy });
    cells['mail-lost'].push({ arm, via, slice: 'mailType=hard-ham', payload: hard });
    cells['spam-kept'].push({ arm, via, slice: null, payload: of(MIX.spam, model.spamKept) });
  }
  const value = (all: Cell[]): Observation => ({ kind: 'value', cells: all });
  return {
    errors: value(cells.errors),
    latency: value(cells.latency),
    'mail-lost': value(cells['mail-lost']),
    'spam-kept': value(cells['spam-kept']),
  };
}
