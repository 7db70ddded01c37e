/** Paths of evidence from names, by grammar: nothing a plan or message says can lead out of the directory. Pure. */
import { NAME, ROLLOUT_ID } from '../../workflows/contract/ids.js';
import { failure } from '../failures.js';

/** `windows|guard|after`, then the step key. */
export const BAKE_PHASES = ['windows', 'guard', 'after'] as const;
export const STEP_KEY = /^[a-z0-9][a-z0-9-]{0,62}-\d{1,6}-\d{1,6}$/;
/** The recorded past, read at admission: of the whole rollout, so it has no steps. */
export const PAST = 'past';
/** Documents and state carry stage names inside theirs, so they may be longer. */
export const DOCUMENT = /^[a-z0-9][a-z0-9-]{0,199}$/;

/** The name, or `unsupported`. */
export function named(name: string, grammar: RegExp, what: string): string {
  if (typeof name === 'string' && grammar.test(name)) return name;
  throw failure('unsupported', `${JSON.stringify(name)} is no name of a ${what} for the evidence store.`);
}

export function tenantDirectory(tenant: string, rolloutId: string): string[] {
  return [named(tenant, NAME, 'tenant'), named(rolloutId, ROLLOUT_ID, 'rollout')];
}

export function windowDirectory(bakeKey: string, metric: string): string[] {
  return [...bakeDirectory(bakeKey), named(metric, NAME, 'metric')];
}

/** A dot no metric name can begin with keeps raw pages apart from metrics. */
export function rawDirectory(bakeKey: string, source: string): string[] {
  return [...bakeDirectory(bakeKey), '.raw', named(source, NAME, 'source')];
}

function bakeDirectory(bakeKey: string): string[] {
  if (bakeKey === PAST) return [PAST];
  const [phase = '', step = '', ...rest] = bakeKey.split('/');
  if (rest.length > 0 || !BAKE_PHASES.some((known) => known === phase)) named(bakeKey, /^$/, 'bake');
  return [phase, named(step, STEP_KEY, 'bake')];
}
