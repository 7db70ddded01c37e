/**
 * Lint: gates that by the plan's own `expect` cannot decide within `max`. By arithmetic alone, so that lint stays quick,
 * and for the whole only: what slices add, and what the past of a source says, is `sluice plan`'s to tell.
 */
import { satisfied } from '../../judge/decision/gate-tree.js';
import { type PassQuestion, timeToPass } from '../../judge/forecast/bound.js';
import { passing } from '../../judge/forecast/candidates.js';
import { claimOf } from '../../judge/forecast/harm.js';
import { type Level, type Metered, expectedLevel, isSimulated } from '../../judge/forecast/level.js';
import {
  type WindowTimes,
  marginNeeded,
  maxNeeded,
  remedyFor,
  roundedUp,
  tuningOf,
} from '../../judge/forecast/shortfall.js';
import { unitsMs } from '../../judge/forecast/units.js';
import { figure } from '../../judge/words.js';
import { expectedRate } from '../compile.js';
import { hasControl } from '../exposures.js';
import type { FilledGate, FilledMetric, FilledPlan } from '../fill.js';
import { compileGates, gateNames } from '../gate-list.js';
import type { Finding } from '../problem.js';
import { showShare } from '../quantities.js';
import { type Condition, conditionOf, gateMetric, metricSource, ms, own, type Rule, stepsOf } from './context.js';

export const gatesDecideInTime: Rule = ({ plan }) => {
  const steps = stepsOf(plan);
  return plan.stages.flatMap((stage, index) => {
    if (ms(stage.bake.max) < ms(stage.bake.warmup) + ms(stage.bake.min)) return [];
    const shares = (steps[index] ?? []).filter(({ share }) => share > 0);
    const found = gateNames(stage.gates).flatMap((name) => {
      const gate = own(plan.gates, name);
      // Evidence is carried from step to step of a stage, so the first that can be judged decides.
      const first = gate && shares.find((exposure) => hasControl(exposure) || !compares(gate));
      const finding = first && shortcoming(plan, { name, gate, index, share: first.share });
      return finding ? [{ name, finding }] : [];
    });
    const failing = new Set(found.map(({ name }) => name));
    const { gates, passWhen } = compileGates(stage.gates);
    const passes = satisfied(passWhen ?? { all: gates }, (gate) => !failing.has(gate));
    return passes ? [] : found.map(({ finding }) => finding);
  });
};

function compares({ promoteWhen }: FilledGate): boolean {
  return promoteWhen !== undefined && claimOf(promoteWhen)?.comparing === true;
}

interface Place {
  name: string;
  gate: FilledGate;
  index: number;
  share: number;
}

function shortcoming(plan: FilledPlan, place: Place): Finding | null {
  const { name, gate } = place;
  const filled = gateMetric(plan, gate);
  const source = filled && metricSource(plan, filled);
  const level = filled && levelOf(filled);
  const metric = filled && meteredOf(filled);
  const condition = conditionOf(gate.promoteWhen);
  if (!source || !level || !metric || !condition || !gate.promoteWhen) return null;
  // The shape of a distribution, on which a comparison stands, no plan can state.
  if (metric.kind === 'quantile' && compares(gate)) return null;
  const candidate = passing(gate.promoteWhen, metric, level);
  if (!candidate) {
    const message = `gate \`${name}\` can never pass: a candidate that is what the plan expects of the baseline does not meet \`${condition.key}: ${condition.text}\``;
    const remedy = 'write a limit that the baseline meets, or mend `expect` of the metric';
    return { code: 'cannotDecide', path: ['gates', name, 'promoteWhen', condition.key], message, remedy };
  }
  const times = { windowMs: ms(source.window), settleMs: ms(source.settle) };
  const alpha = plan.falseAlarms.promote;
  const question = {
    metric,
    promoteWhen: gate.promoteWhen,
    level,
    candidate: candidate.level,
    share: place.share,
    alpha,
    ...tuning(plan, place, times),
  };
  return tooSlow(plan, place, { question, condition, times, better: candidate.better });
}

function tuning(plan: FilledPlan, { name, index }: Place, times: WindowTimes) {
  const steps = stepsOf(plan);
  const before = plan.stages
    .slice(0, index)
    .map(({ bake }, i) => ({ minMs: ms(bake.min), steps: steps[i]?.length ?? 1 }));
  const asking = plan.stages.filter(({ gates }) => gateNames(gates).includes(name));
  return tuningOf(
    times,
    before,
    asking.map(({ bake }) => ({ maxMs: ms(bake.max) })),
  );
}

interface Asked {
  question: PassQuestion;
  condition: Condition;
  times: WindowTimes;
  better: number;
}

function tooSlow(plan: FilledPlan, { name, index, share }: Place, asked: Asked): Finding | null {
  const { question, condition, times, better } = asked;
  const stage = plan.stages[index];
  if (!stage) return null;
  const { warmup, min, max, minUnits } = stage.bake;
  const bake = { warmupMs: ms(warmup), minMs: ms(min), maxMs: ms(max), minUnits };
  const needs = maxNeeded(question, bake, times);
  if (needs <= bake.maxMs) return null;
  const finding = (message: string, remedy: string): Finding => ({
    code: 'cannotDecide',
    path: ['stages', index, 'bake', 'max'],
    message: `gate \`${name}\` cannot decide within \`max: ${max}\` of stage \`${stage.name}\`: at ${figure(question.level.perMinute)} a minute and a share of ${showShare(share)}, ${message}`,
    remedy,
  });
  const unitsTake = unitsMs(question.level, share, minUnits);
  if (unitsTake > timeToPass(question) && bake.warmupMs + unitsTake + times.settleMs > bake.maxMs)
    return finding(
      `${minUnits} units of the candidate take about ${roundedUp(unitsTake)}`,
      `raise \`max\` to about ${roundedUp(needs)}, or lower \`minUnits\``,
    );
  const who = better === 1 ? 'an equal candidate' : `a candidate ${better} times better`;
  const raised = Number.isFinite(needs) ? needs : null;
  const takes =
    raised === null ? 'takes more than 400d to be' : `takes about ${roundedUp(raised)}, four times in five, to be`;
  return finding(
    `${who} ${takes} proven by \`${condition.key}: ${condition.text}\``,
    remedyFor(raised, marginNeeded(question, bake, times), condition.key),
  );
}

function levelOf({ kind, expect }: FilledMetric): Level | null {
  if (!expect || !isSimulated(kind)) return null;
  const { perMinute, rate, mean, sd, cv } = expect;
  return expectedLevel(kind, {
    perMinute,
    ...(rate !== undefined && { rate: expectedRate(rate) }),
    ...(mean !== undefined && { mean }),
    ...(sd !== undefined && { sd }),
    ...(cv !== undefined && { cv }),
  });
}

function meteredOf({ kind, better, unit, users, q, range }: FilledMetric): Metered | null {
  if (!better) return null;
  const [lowest, highest] = range ?? [];
  return {
    kind,
    better,
    unit,
    users: unit === 'user' ? (users ?? null) : null,
    ...(q !== undefined && { q }),
    ...(lowest !== undefined && highest !== undefined && { range: [lowest, highest] as [number, number] }),
  };
}
