/** Lint: exposures that rise, bakes that can end, a last stage that reaches everyone. */
import type { Finding, Path } from '../problem.js';
import { parseShare, showShare } from '../quantities.js';
import { holdBackOf, ms, type Rule, stepsOf } from './context.js';

export const stageExposes: Rule = ({ plan }) =>
  plan.stages.flatMap(({ name, exposure }, index): Finding[] => {
    if (exposure.cohorts.length > 0 || exposure.share.length > 0) return [];
    const message = `stage \`${name}\` exposes nobody new`;
    return [
      {
        code: 'emptyStage',
        path: ['stages', index, 'exposure'],
        message,
        remedy: 'give it `cohorts: [staff]` or `share: 25%`',
      },
    ];
  });

/** Only rollback lowers exposure: a plan that does would read as a promotion and be none. */
export const sharesRise: Rule = ({ plan }) => {
  const findings: Finding[] = [];
  let highest = 0;
  for (const [stage, { exposure }] of plan.stages.entries()) {
    const ownFirst = findings.length;
    for (const [index, text] of exposure.share.entries()) {
      const share = parseShare(text) ?? 0;
      const path = ['stages', stage, 'exposure', 'share', index];
      if (share < highest) findings.push(decreasing(path, text, highest));
      else if (share === highest && findings.length === ownFirst && (index > 0 || exposure.cohorts.length === 0))
        findings.push(unchanged(path, text));
      highest = Math.max(highest, share);
    }
  }
  return findings;
};

function decreasing(path: Path, text: string, highest: number): Finding {
  const message = `the share falls to ${text} after ${showShare(highest)}; only a rollback lowers exposure`;
  return { code: 'decreasingShare', path, message, remedy: 'put the shares in rising order' };
}

function unchanged(path: Path, text: string): Finding {
  const zero = text.startsWith('0') && parseShare(text) === 0;
  const message = zero ? 'a share of 0% exposes nobody' : `the share is ${text} already`;
  return { code: 'unchangedShare', path, message, remedy: 'remove the step, or raise it' };
}

export const cohortsSensible: Rule = ({ plan }) => {
  const seen = new Set<string>();
  return plan.stages.flatMap(({ exposure }, stage) => {
    const path: Path = ['stages', stage, 'exposure'];
    const again = [...exposure.cohorts.entries()].filter(
      ([index, cohort]) => seen.has(cohort) || exposure.cohorts.indexOf(cohort) < index,
    );
    const strange = [...exposure.drop.entries()].filter(([, cohort]) => !seen.has(cohort));
    for (const cohort of exposure.cohorts) seen.add(cohort);
    for (const cohort of exposure.drop) seen.delete(cohort);
    return [
      ...again.map(
        ([index, cohort]): Finding => ({
          code: 'repeatedCohort',
          path: [...path, 'cohorts', index],
          message: `cohort \`${cohort}\` sees the candidate already: cohorts accumulate`,
          remedy: 'remove it here',
        }),
      ),
      ...strange.map(
        ([index, cohort]): Finding => ({
          code: 'unknownCohort',
          path: [...path, 'drop', index],
          message: `no stage before exposes cohort \`${cohort}\``,
          remedy: 'remove it here',
        }),
      ),
    ];
  });
};

/** Promotion is the last raise; from 25 % it would take everyone else unseen. */
export const lastStageReachesEveryone: Rule = ({ plan }) => {
  const last = stepsOf(plan).at(-1)?.at(-1);
  const most = 1 - holdBackOf(plan);
  if (!last || last.share >= most - 1e-9) return [];
  const index = plan.stages.length - 1;
  const message = `the last stage ends at ${showShare(last.share)}; promotion would take everyone else unseen`;
  return [
    {
      code: 'endsEarly',
      path: ['stages', index, 'exposure', 'share'],
      message,
      remedy: 'end the last stage with 100% (a hold-back caps it by itself)',
    },
  ];
};

export const bakesCanPass: Rule = ({ plan }) =>
  plan.stages.flatMap(({ bake }, index) => {
    const path = (key: string): Path => ['stages', index, 'bake', key];
    const findings: Finding[] = [];
    if (ms(bake.max) < ms(bake.min) + ms(bake.warmup) || ms(bake.max) === 0) {
      const message = `a bake of at most ${bake.max} ends before ${bake.warmup} of warm-up and ${bake.min} of judged time are over`;
      findings.push({
        code: 'bakeTooShort',
        path: path('max'),
        message,
        remedy: 'raise `max`, or lower `min` and `warmup`',
      });
    }
    if (ms(bake.blindAfter) === 0) {
      findings.push({
        code: 'blindAtOnce',
        path: path('blindAfter'),
        message: 'a budget of 0 makes a gate blind at the first failed poll',
        remedy: 'allow a few windows, like `blindAfter: 5m`',
      });
    }
    return findings;
  });

export const afterSensible: Rule = ({ plan }) => {
  if (!plan.after) return [];
  const { after } = plan;
  const findings: Finding[] = [];
  if (holdBackOf(plan) > 0.5) {
    findings.push({
      code: 'holdBackTooLarge',
      path: ['after', 'holdBack'],
      message: `a hold-back of ${after.holdBack} keeps most users on the old model`,
      remedy: 'write at most 50%; 2% to 5% keep a control',
    });
  }
  if (ms(after.every) === 0 || ms(after.every) > ms(after.for)) {
    findings.push({
      code: 'afterTooShort',
      path: ['after', 'for'],
      message: `${after.for} of guard with a look every ${after.every} is no guard`,
      remedy: 'raise `for`, or write a shorter `every`',
    });
  }
  return findings;
};

export const approvalsSensible: Rule = ({ plan }) =>
  plan.stages.flatMap(({ approval }, index) => {
    if (!approval) return [];
    const path: Path = ['stages', index, 'approval'];
    const slots = approval.rules.reduce((sum, { min }) => sum + min, 0);
    const findings: Finding[] = [];
    if (slots > MOST_SLOTS) {
      findings.push({
        code: 'impossibleQuorum',
        path: [...path, 'rules'],
        message: `${slots} people would have to agree; at most ${MOST_SLOTS} can be asked`,
        remedy: 'ask fewer',
      });
    }
    if (ms(approval.timeout) === 0) {
      findings.push({
        code: 'approvalTimeout',
        path: [...path, 'timeout'],
        message: 'a request open for 0s cannot be answered',
        remedy: 'give people time, like `timeout: 3d`',
      });
    }
    if (ms(approval.remindEvery) === 0) {
      findings.push({
        code: 'approvalTimeout',
        path: [...path, 'remindEvery'],
        message: 'reminding every 0s would never stop',
        remedy: 'write a longer pause, like `remindEvery: 1d`',
      });
    }
    return findings;
  });

const MOST_SLOTS = 20;
