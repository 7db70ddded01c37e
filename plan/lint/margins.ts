/** Lint: margins in the unit of their metric, that say one thing, and do not race. */
import { defaultRollback, type FilledGate } from '../fill.js';
import type { Finding } from '../problem.js';
import { type Condition, conditionOf, gateMetric, isComparative, type Rule } from './context.js';

type Side = 'rollbackWhen' | 'promoteWhen';

/** Both conditions, but not a rollback condition derived from the other: what is wrong with it is wrong there. */
function eachCondition(gate: FilledGate): { side: Side; condition: Condition }[] {
  const derived = JSON.stringify(gate.rollbackWhen) === JSON.stringify(defaultRollback(gate.promoteWhen));
  const sides: Side[] = derived ? ['promoteWhen'] : ['rollbackWhen', 'promoteWhen'];
  return sides.flatMap((side) => {
    const condition = conditionOf(gate[side]);
    return condition ? [{ side, condition }] : [];
  });
}

/** What a margin on each kind of metric may be written in, comparing or judging one arm alone. */
const UNITS = {
  rate: { comparing: ['relative', 'pp', 'abs'], alone: ['relative', 'abs'] },
  quantile: { comparing: ['relative', 'ms'], alone: ['ms'] },
} as const;
const EXAMPLES = {
  rate: { comparing: '0.5pp or 25%', alone: '1% or 0.01abs' },
  quantile: { comparing: '20ms or 25%', alone: '50ms' },
} as const;

function legalUnit(kind: keyof typeof UNITS, condition: Condition): boolean {
  const legal: readonly string[] = UNITS[kind][isComparative(condition) ? 'comparing' : 'alone'];
  return legal.includes(condition.margin.kind);
}

export const marginUnits: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    const kind = gateMetric(plan, gate)?.kind;
    if (kind !== 'rate' && kind !== 'quantile') return [];
    return eachCondition(gate).flatMap(({ side, condition }): Finding[] => {
      if (legalUnit(kind, condition)) return [];
      const way = isComparative(condition) ? 'comparing' : 'alone';
      const message = `\`${condition.key}: ${condition.text}\` has the wrong unit for a ${kind}`;
      return [
        {
          code: 'marginUnit',
          path: ['gates', name, side, condition.key],
          message,
          remedy: `write ${EXAMPLES[kind][way]}`,
        },
      ];
    });
  });

/** A rate limit lies between 0 and 1: beyond, it is met always or never. */
export const limitsInRange: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    if (gateMetric(plan, gate)?.kind !== 'rate') return [];
    return eachCondition(gate).flatMap(({ side, condition }): Finding[] => {
      const { kind, value } = condition.margin;
      const fine = isComparative(condition) ? kind === 'relative' || value < 1 : value > 0 && value < 1;
      if (fine || !legalUnit('rate', condition)) return [];
      const message = `\`${condition.key}: ${condition.text}\` can never decide anything: a rate lies between 0 % and 100 %`;
      return [
        {
          code: 'limitRange',
          path: ['gates', name, side, condition.key],
          message,
          remedy: 'write a limit strictly between 0% and 100%',
        },
      ];
    });
  });

/** The direction of an absolute limit must be that of the metric, or the worst candidate would pass. */
export const limitDirection: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    const better = gateMetric(plan, gate)?.better;
    if (!better) return [];
    return eachCondition(gate).flatMap(({ side, condition }): Finding[] => {
      if (isComparative(condition)) return [];
      const goodBelow = better === 'lower';
      const below = condition.key === 'provenBelow';
      const right = side === 'promoteWhen' ? below === goodBelow : below !== goodBelow;
      if (right) return [];
      const other = below ? 'provenAbove' : 'provenBelow';
      const message = `\`${side}: ${condition.key}\` is the wrong way round for a metric where ${better} is better`;
      return [
        {
          code: 'limitDirection',
          path: ['gates', name, side],
          message,
          remedy: `write \`${other}\`, or mend \`better\` of the metric`,
        },
      ];
    });
  });

/** Rollback and promotion of one gate must be the same question, and a value may not be proof of both. */
export const racingMargins: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    const rollback = conditionOf(gate.rollbackWhen);
    const promote = conditionOf(gate.promoteWhen);
    if (!rollback || !promote) return [];
    const race = raceOf(rollback, promote);
    return race ? [{ code: 'racingMargins', path: ['gates', name, 'rollbackWhen', rollback.key], ...race }] : [];
  });

function raceOf(rollback: Condition, promote: Condition): { message: string; remedy: string } | null {
  const pair = `rollback \`${rollback.key}: ${rollback.text}\` and promote \`${promote.key}: ${promote.text}\``;
  if (isComparative(rollback) !== isComparative(promote)) {
    const remedy = 'make two gates of it: one that compares with the baseline and one that judges the candidate alone';
    return { message: `${pair} ask two different questions`, remedy };
  }
  if (rollback.margin.kind !== promote.margin.kind) {
    return {
      message: `${pair} are in different units, so nobody can tell whether they race`,
      remedy: 'write both in the same unit',
    };
  }
  if (promote.key === 'provenWithin' && rollback.margin.value >= promote.margin.value) {
    const remedy =
      'make the rollback margin smaller than the promote margin, or leave it out: 0.4 x promote is the default';
    return { message: `${pair} race: the rollback margin must be smaller`, remedy };
  }
  const below = promote.key === 'provenBelow';
  const gap = rollback.margin.value - promote.margin.value;
  if (!isComparative(promote) && (below ? gap < 0 : gap > 0)) {
    const remedy = 'leave the rollback limit out to have the mirror of the promote limit, or move it beyond it';
    return { message: `${pair} race: a value between the two proves both`, remedy };
  }
  return null;
}

export const zeroMargins: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    const promote = conditionOf(gate.promoteWhen);
    const rollback = conditionOf(gate.rollbackWhen);
    if (promote?.key === 'provenWithin' && promote.margin.value === 0) {
      const path = ['gates', name, 'promoteWhen', 'provenWithin'];
      return [
        {
          code: 'zeroMargin',
          path,
          message: 'an equal candidate can never be proven within 0',
          remedy: 'write the loss you can bear, like 0.5pp, or `provenBetterBy: 0%`',
        },
      ];
    }
    if (rollback?.key !== 'provenWorseBy' || rollback.margin.value > 0) return [];
    const message =
      'a rollback margin of 0 rolls back for any difference, however small, once the watch is long enough';
    return [
      {
        code: 'zeroMargin',
        warning: true,
        path: ['gates', name, 'rollbackWhen', 'provenWorseBy'],
        message,
        remedy: 'write the loss you can bear',
      },
    ];
  });

/** A fast lane is a ratio test between arms with a budget taken from rollback: elsewhere it would be ignored. */
export const fastLaneUseful: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    if (!gate.fastLane) return [];
    const rollback = conditionOf(gate.rollbackWhen);
    const why = uselessBecause(gateMetric(plan, gate)?.kind, rollback, gate.fastLane.ratio);
    return why === null
      ? []
      : [
          {
            code: 'uselessFastLane',
            path: ['gates', name, 'fastLane'],
            message: `a fast lane is of no use here: ${why}`,
            remedy: 'remove `fastLane`',
          },
        ];
  });

function uselessBecause(kind: string | undefined, rollback: Condition | null, ratio: number): string | null {
  if (kind === 'quantile') return 'it compares rates, and this is a quantile';
  if (!rollback) return 'the gate never rolls back';
  if (!isComparative(rollback)) return 'the gate judges the candidate alone, and the lane compares two arms';
  const { kind: unit, value } = rollback.margin;
  return unit === 'relative' && 1 + value >= ratio
    ? `the rollback margin of ${rollback.text} is as large as a ratio of ${ratio}`
    : null;
}
