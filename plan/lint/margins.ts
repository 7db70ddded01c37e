/** Lint: margins in the unit of their metric, that say one thing, and do not race. */
import type { FilledMetric } from '../fill.js';
import { type KindRules, rulesOf } from '../metric-kinds.js';
import type { Finding } from '../problem.js';
import { type Condition, conditionOf, conditionsOf, gateMetric, isComparative, type Rule } from './context.js';

/** Each kind of metric answers some questions, each in its own units. */
export const marginUnits: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]) => {
    const metric = gateMetric(plan, gate);
    const rules = metric && rulesOf(metric);
    if (!rules) return [];
    return conditionsOf(plan, gate).flatMap(({ side, condition }): Finding[] => {
      const wrong = wrongUnit(rules, condition) ?? noNought(metric, condition);
      return wrong ? [{ path: ['gates', name, side, condition.key], ...wrong }] : [];
    });
  });

function wrongUnit(rules: KindRules, condition: Condition): Pick<Finding, 'code' | 'message' | 'remedy'> | null {
  const said = `\`${condition.key}: ${condition.text}\``;
  const question = isComparative(condition) ? rules.comparing : rules.alone;
  if (question === null) {
    const limit = `${rules.better === 'higher' ? 'provenAbove' : 'provenBelow'}: ${rules.alone.example}`;
    const message = `${said} compares by a margin, but ${rules.noun} is judged by a limit`;
    return { code: 'notCompared', message, remedy: `write \`${limit}\`` };
  }
  if (question.units.includes(condition.margin.kind)) return null;
  const message = `${said} has the wrong unit for ${rules.noun}`;
  return { code: 'marginUnit', message, remedy: `write ${question.example}` };
}

/** A part of a mean means something only where the lowest score is nought: 4 stars are not twice 2 of 1 to 5. */
function noNought({ range }: FilledMetric, condition: Condition): Pick<Finding, 'code' | 'message' | 'remedy'> | null {
  const [lowest] = range ?? [];
  if (lowest === undefined || lowest === 0 || condition.margin.kind !== 'relative') return null;
  const message = `\`${condition.key}: ${condition.text}\` is a part of the mean, which means nothing of scores from ${lowest}`;
  return { code: 'marginUnit', message, remedy: 'write a difference, like 0.1abs' };
}

/** Drift is a reason to look, not a harm: a gate on it withholds its pass and can do no more. */
export const driftHolds: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    if (gateMetric(plan, gate)?.kind !== 'drift' || gate.rollbackWhen === 'never') return [];
    const message = 'drift holds and never rolls back: that inputs changed says nothing of what became of them';
    const remedy = 'leave `rollbackWhen` out, and ask an outcome (a rate, a score) in a gate of its own';
    return [{ code: 'driftHolds', path: ['gates', name, 'rollbackWhen'], message, remedy }];
  });

/** Rollback and promotion of one gate must be the same question, and a value may not be proof of both. */
export const racingMargins: Rule = ({ plan }) =>
  Object.entries(plan.gates).flatMap(([name, gate]): Finding[] => {
    const rollback = conditionOf(gate.rollbackWhen);
    const promote = conditionOf(gate.promoteWhen);
    if (!rollback || !promote || gateMetric(plan, gate)?.kind === 'drift') return [];
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
