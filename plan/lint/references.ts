/** Lint: names that lead nowhere, names nobody uses, names twice in a list. */
import type { Finding, Path } from '../problem.js';
import { nearest } from '../suggest.js';
import { own, type Rule } from './context.js';

export const unknownNames: Rule = ({ plan }) => [
  ...Object.entries(plan.metrics).flatMap(([metric, { from }]) =>
    lookUp(plan.sources, from, ['metrics', metric, 'from'], 'source'),
  ),
  ...Object.entries(plan.gates).flatMap(([gate, { metric }]) =>
    lookUp(plan.metrics, metric, ['gates', gate, 'metric'], 'metric'),
  ),
  ...gateLists(plan).flatMap(({ path, gates }) =>
    gates.flatMap((gate, index) => lookUp(plan.gates, gate, [...path, index], 'gate')),
  ),
];

function lookUp(known: Record<string, unknown>, name: string, path: Path, what: string): Finding[] {
  if (own(known, name) !== undefined) return [];
  const meant = nearest(name, Object.keys(known));
  const remedy = meant
    ? `did you mean \`${meant}\`?`
    : `declare it under \`${what}s\`, or use one of: ${Object.keys(known).join(', ') || 'none yet'}`;
  return [{ code: 'unknownName', path, message: `there is no ${what} \`${name}\``, remedy }];
}

export const unusedNames: Rule = ({ plan }) => {
  const asked = new Set(gateLists(plan).flatMap(({ gates }) => gates));
  const measured = new Set(Object.values(plan.gates).map(({ metric }) => metric));
  const read = new Set(Object.values(plan.metrics).map(({ from }) => from));
  return [
    ...unused('gates', plan.gates, asked, 'no stage asks it: add it to the `gates` of a stage, or remove it'),
    ...unused('metrics', plan.metrics, measured, 'no gate reads it: give it a gate, or remove it'),
    ...unused('sources', plan.sources, read, 'no metric reads it: remove it'),
  ];
};

function unused(section: string, all: object, used: Set<string>, remedy: string): Finding[] {
  const names = Object.keys(all).filter((name) => !used.has(name));
  return names.map((name) => ({
    code: 'unused',
    warning: true,
    path: [section, name],
    at: 'key',
    message: `\`${name}\` under \`${section}\` is never used`,
    remedy,
  }));
}

export const repeatedNames: Rule = ({ plan }) => [
  ...gateLists(plan).flatMap(({ path, gates }) => repeated(gates, path, 'gate')),
  ...repeated(
    plan.stages.map(({ name }) => name),
    ['stages'],
    'stage',
  ),
  ...repeated(plan.notify, ['notify'], 'channel'),
];

function repeated(names: readonly string[], path: Path, what: string): Finding[] {
  const again = [...names.entries()].filter(([index, name]) => names.indexOf(name) < index);
  return again.map(([index, name]) => ({
    code: 'repeatedName',
    path: [...path, index],
    message: `${what} \`${name}\` stands here a second time`,
    remedy: what === 'stage' ? 'give each stage a name of its own' : 'remove it',
  }));
}

function gateLists(plan: {
  stages: { gates: string[] }[];
  after: { gates: string[] } | undefined;
}): { path: Path; gates: string[] }[] {
  const stages = plan.stages.map(({ gates }, index) => ({ path: ['stages', index, 'gates'] as Path, gates }));
  return plan.after ? [...stages, { path: ['after', 'gates'], gates: plan.after.gates }] : stages;
}

/** A plan that asks nothing, or exposes nobody, would promote unseen. */
export const somethingToDo: Rule = ({ plan }) => [
  ...(Object.keys(plan.gates).length > 0 ? [] : [nothing('gates', 'a rollout without gates would promote unseen')]),
  ...(plan.stages.length > 0 ? [] : [nothing('stages', 'a rollout without stages would expose nobody')]),
];

function nothing(section: string, why: string): Finding {
  return {
    code: 'missingKey',
    path: [section],
    message: `\`${section}\` is missing: ${why}`,
    remedy: `add \`${section}\`, or \`preset: standard\` to have them filled in`,
  };
}

export const armsReported: Rule = ({ plan }) =>
  plan.arms !== undefined
    ? []
    : [
        {
          code: 'armsUnreported',
          warning: true,
          path: ['sources'],
          at: 'key',
          message:
            'no scrape connection reports the health and the digest of the arms, so nobody notices an arm that serves another model',
          remedy: 'add `arms: <scrape connection>`',
        },
      ];
