/** Lint: names that lead nowhere, names nobody uses, names twice in a list. */
import type { FilledPlan } from '../fill.js';
import { leavesOf, type Placed } from '../gate-list.js';
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
  ...gateLists(plan)
    .flat()
    .flatMap(({ tree, path }) => lookUp(plan.gates, tree, path, 'gate')),
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
  const asked = new Set(
    gateLists(plan)
      .flat()
      .map(({ tree }) => tree),
  );
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

/** A gate stands once in the whole list of a stage, however deep: twice, its verdict would count twice. */
export const repeatedNames: Rule = ({ plan }) => [
  ...gateLists(plan).flatMap((gates) => repeated(gates, 'gate')),
  ...repeated(
    plan.stages.map(({ name }, index) => ({ tree: name, path: ['stages', index] })),
    'stage',
  ),
  ...repeated(listed(plan.notify, ['notify']), 'channel'),
  ...Object.entries(plan.metrics).flatMap(([metric, { against }]) =>
    repeated(listed(against ?? [], ['metrics', metric, 'against']), 'yardstick'),
  ),
];

function repeated(all: readonly Placed<string>[], what: string): Finding[] {
  const first = new Map([...all].reverse().map((item) => [item.tree, item]));
  const again = all.filter((item) => first.get(item.tree) !== item);
  return again.map(({ tree, path }) => ({
    code: 'repeatedName',
    path,
    message: `${what} \`${tree}\` stands here a second time`,
    remedy: what === 'stage' ? 'give each stage a name of its own' : 'remove it',
  }));
}

/** The gates of each stage, and those of the phase after promotion. */
function gateLists({ stages, after }: FilledPlan): Placed<string>[][] {
  const lists = stages.map(({ gates }, index) => leavesOf(gates, ['stages', index, 'gates']));
  return after ? [...lists, listed(after.gates, ['after', 'gates'])] : lists;
}

function listed(all: readonly string[], path: Path): Placed<string>[] {
  return all.map((tree, index) => ({ tree, path: [...path, index] }));
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
