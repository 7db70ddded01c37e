/**
 * The organisation's rules (policy.yaml): who may decide, what binds a model, the least that every plan must ask for.
 * Loaded by the worker and pinned by digest at admission; a start order may state the digest, never supply it. Pure.
 */
import { digestOf } from '../plan/canonical.js';
import { readYaml } from '../plan/document.js';
import type { Finding, Problem } from '../plan/problem.js';
import { secretsIn } from '../plan/secrets.js';
import { placed, typed } from '../plan/typed.js';
import type { Person } from '../workflows/contract/activities.js';
import type { ApprovalRule, Digest, RiskTier } from '../workflows/contract/plan.js';
import { policySchema, type WrittenPolicy } from './policy-schema.js';

export interface PolicyPerson extends Person {
  /** Public keys, for signed decisions. */
  keys: string[];
}

/** What a model is bound to; `target` is `<store>/<flag>`, or `<flag>` in whatever store. */
export interface ModelBinding {
  model: string;
  tier: RiskTier;
  tenant: string;
  target: string;
  registry: string;
}

/** Least approval rules by stage, in the order of the file. */
export type StageFloor = Record<string, ApprovalRule[]>;

export interface Policy {
  version: 1;
  serial: number;
  people: PolicyPerson[];
  models: ModelBinding[];
  floor: Record<RiskTier, StageFloor>;
}

export type PolicyReading =
  | { kind: 'policy'; policy: Policy; digest: Digest }
  | { kind: 'problems'; problems: Problem[] };

/** Reads and checks a policy file; all problems at once. */
export function readPolicy(text: string, file: string): PolicyReading {
  const source = readYaml(text, file);
  if (source.data === undefined) return { kind: 'problems', problems: source.problems };
  const { value, findings, removed } = typed(policySchema, source.data);
  const policy = value && fill(value);
  const own = policy ? placed({ ...source, problems: [] }, lint(policy), removed) : [];
  const problems = placed({ ...source, problems: [...source.problems, ...own] }, [
    ...findings,
    ...secretsIn(source.data),
  ]);
  if (problems.length > 0 || !policy) return { kind: 'problems', problems };
  return { kind: 'policy', policy, digest: digestOf(policy) };
}

function fill({ version, serial, people, models, floor }: WrittenPolicy): Policy {
  return {
    version,
    serial,
    people: people.map(({ keys, ...person }) => ({ ...person, keys: keys ?? [] })),
    models,
    floor: { low: fillFloor(floor.low), medium: fillFloor(floor.medium), high: fillFloor(floor.high) },
  };
}

function fillFloor(floor: WrittenPolicy['floor']['low']): StageFloor {
  const entries = Object.entries(floor ?? {});
  return Object.fromEntries(
    entries.map(([stage, rules]) => [stage, rules.map(({ role, min }) => ({ role, min: min ?? 1 }))]),
  );
}

function lint(policy: Policy): Finding[] {
  return [
    ...repeated(
      policy.people.map(({ id }) => id),
      'people',
      'id',
      'person',
    ),
    ...repeated(
      policy.models.map(({ model }) => model),
      'models',
      'model',
      'model',
    ),
    ...repeated(
      policy.models.map(({ target }) => target),
      'models',
      'target',
      'target',
    ),
    ...emptyRoles(policy),
  ];
}

/** A second entry would win or lose by its place in the file; two models on one flag would undo each other. */
function repeated(names: string[], list: string, key: string, what: string): Finding[] {
  const again = [...names.entries()].filter(([index, name]) => names.indexOf(name) < index);
  return again.map(([index, name]) => ({
    code: 'repeatedName',
    path: [list, index, key],
    message: `${what} \`${name}\` stands here a second time`,
    remedy: 'keep one entry for each',
  }));
}

function emptyRoles({ people, floor }: Policy): Finding[] {
  const held = new Set(people.filter(({ kind }) => kind === 'human').flatMap(({ roles }) => roles));
  return Object.entries(floor).flatMap(([tier, stages]) =>
    Object.entries(stages).flatMap(([stage, rules]) =>
      [...rules.entries()].flatMap(([index, { role }]): Finding[] => {
        if (held.has(role)) return [];
        const message = `no human holds the role \`${role}\`, so no ${tier} rollout could ever pass ${stage}`;
        const path = ['floor', tier, stage, index, 'role'];
        return [{ code: 'emptyRole', path, message, remedy: 'give somebody the role, or ask for one that is held' }];
      }),
    ),
  );
}
