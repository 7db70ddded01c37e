/** A plan as people read it before they say yes. Pure. */
import { treeText } from '../../judge/decision/gate-tree.js';
import type { Plan, StageSpec } from '../../workflows/contract/plan.js';
import { exposureText, percent, ruleText } from './numbers.js';
import { columns, duration, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

export function planLines(plan: Plan, digest: string, { paint, width }: Pick<Canvas, 'paint' | 'width'>): string[] {
  const lease =
    plan.lease.onSilence === 'baseline'
      ? 'then everyone is on the baseline'
      : 'KEPT when everything that guards it dies';
  return [
    `${paint.bold(safe(plan.model))} ${safe(plan.candidate.version)} (registry ${safe(plan.candidate.registry)}), tenant ${safe(plan.tenant)}, risk ${plan.risk}`,
    ...wrap(`intent: ${safe(plan.intent)}`, width, '        '),
    paint.dim(
      `plan ${digest} · flag ${safe(plan.target.store)}/${safe(plan.target.flag)}, sticky by ${safe(plan.target.stickyBy)}`,
    ),
    '',
    ...columns(plan.stages.map((stage) => stageRow(stage))),
    ...after(plan),
    ...passing(plan).flatMap((line) => wrap(line, width, '         ')),
    '',
    ...columns(gateRows(plan)),
    '',
    `lease ${duration(plan.lease.forMs)}, ${lease}; at most ${percent(plan.falseAlarms.rollback)} false rollbacks, ${percent(plan.falseAlarms.promote)} false passes`,
  ];
}

function stageRow(stage: StageSpec): string[] {
  const { bake, approval } = stage;
  const asks = approval
    ? `asks ${approval.rules.map((rule) => `${rule.min} ${safe(rule.role)}`).join(' and ')} (${duration(approval.timeoutMs)}, then ${approval.onTimeout})`
    : 'asks nobody';
  return [
    `  ${safe(stage.name)}`,
    stage.steps.map(exposureText).join(' → '),
    `bakes ${duration(bake.minMs)} to ${duration(bake.maxMs)}, then ${bake.onTimeout}`,
    asks,
  ];
}

/** Stages that pass by less than all of their gates say by which. */
function passing({ stages }: Plan): string[] {
  return stages.flatMap(({ name, passWhen }) =>
    passWhen === undefined
      ? []
      : [`  ${safe(name)} passes by ${safe(treeText(passWhen))}; any gate that fails rolls back`],
  );
}

function after({ after }: Plan): string[] {
  if (!after) return [];
  const back = after.holdBack > 0 ? `, hold-back ${percent(after.holdBack)}` : '';
  return [`  after  guarded for ${duration(after.forMs)} every ${duration(after.everyMs)}${back}`];
}

function gateRows(plan: Plan): string[][] {
  return Object.entries(plan.gates).map(([name, gate]) => [
    `  ${safe(name)}`,
    `metric ${safe(gate.metric)}`,
    `pass: ${ruleText(gate.promoteWhen)}`,
    gate.rollbackWhen ? `roll back: ${ruleText(gate.rollbackWhen)}` : 'never rolls back',
    gate.role === 'success' ? 'success' : '',
  ]);
}
