/** One gate in one sentence for the engineer on call: what was found, against which limit, what would change it. Pure. */
import type { Asked, Unworded } from './kind.js';
import { labelsSentence } from './labels.js';
import { bakedMs, unitsOfStep } from './standing.js';
import { count, figure, span } from './words.js';

export function gateSentence(asked: Asked, found: Unworded): string {
  const units = `${count(found.units.candidate)} candidate units`;
  const clause = asked.rule.kind.clause(asked, found);
  if (found.verdict === 'fail') return `${clause}; ${units}.`;
  if (found.verdict === 'pass') return `${clause}; ${units}${remarks(asked, found)}.`;
  return `${clause}; ${units}. ${missing(asked, found)}${remarks(asked, found)}.`;
}

/** What would change an inconclusive gate: the first thing that stands in the way. */
function missing(asked: Asked, found: Unworded): string {
  const { metric, step, rule, body } = asked;
  const has = (code: string) => found.reasons.includes(code);
  if (has('unsupportedLimit')) return 'Its limit does not fit its metric; mend the plan';
  if (has('sourceError') || has('badNumbers'))
    return `The newest window cannot be used: ${metric.trouble?.why ?? ''}`.slice(0, 240);
  if (has('noData')) return `It waits for data${metric.trouble ? `: ${metric.trouble.why}` : ''}`.slice(0, 240);
  if (has('splitBroken')) return 'No comparison is valid until users are split as planned';
  if (has('labelsBroken')) return `It holds: ${labelsSentence(metric.labels)}`;
  if (has('simpson'))
    return 'It holds: taken together the candidate looks one way, within every slice the other; look at the slices';
  if (has('noControl'))
    return 'No step with a randomised control has judged it yet; keep a hold-back or add a step below 100 %';
  const own = rule.kind.outlook(asked, found);
  if (own !== null && !has('undecided')) return own;
  if (has('minUnits') && rule.promote) {
    const lacking = step.minUnits - unitsOfStep(asked, rule.promote);
    return `It needs ${count(Math.max(1, lacking))} more candidate units in this step`;
  }
  if (has('thinSlice') && !rule.kind.acrossSlices) {
    const lacking = (rule.spec.slices?.minUnits ?? 0) - rule.kind.counted(body, 'promote').units.candidate;
    return `The slice is thin: it needs ${count(Math.max(1, lacking))} more candidate units`;
  }
  if (has('undecided')) return own ?? 'More units narrow the bound';
  if (has('minBake')) return `It needs ${span(step.minMs - bakedMs(asked))} more of baking`;
  return own ?? 'It waits for data';
}

function remarks(asked: Asked, found: Unworded): string {
  const said: string[] = [];
  if (found.reasons.includes('carried')) said.push(`carried from the last step with a control (${asked.stage})`);
  if (found.control === 'frozen') said.push('against the baseline as it was before the stage');
  if (found.reasons.includes('winsorised')) said.push('extreme windows cut at a limit fixed before the stage');
  if (found.dispersion.assumed) said.push(`dispersion factor ${figure(found.dispersion.factor)} assumed`);
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}
