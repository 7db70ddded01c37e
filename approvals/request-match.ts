/** A decision answers one request: field by field, and each difference has a code of its own. Pure and sandbox-safe. */
import type { Request } from '../workflows/contract/decisions.js';
import type { ErrorCode } from '../workflows/contract/errors.js';
import { quoted, type Refused, refused } from './refused.js';
import { isObject, isSame } from './statement.js';

/** In the order a person would want to hear of them. */
const BOUND: readonly (readonly [code: ErrorCode, ...path: string[]])[] = [
  ['wrongTenant', 'tenant'],
  ['wrongRollout', 'model'],
  ['wrongRollout', 'rolloutId'],
  ['wrongRollout', 'firstRunId'],
  ['wrongStage', 'stage'],
  ['wrongStage', 'attempt'],
  ['staleRequest', 'requestId'],
  ['staleChallenge', 'challenge'],
  ['planMismatch', 'digests', 'plan'],
  ['planMismatch', 'digests', 'policy'],
  ['planMismatch', 'digests', 'candidate'],
  ['planMismatch', 'digests', 'baseline'],
  ['evidenceMismatch', 'digests', 'evidence'],
];

/** The deadline moves while the rollout is held, so it may differ; nothing else may. */
const MOVES = 'expiresAtMs';

/** The first difference between the request a decision repeats and the one that was asked; null when there is none. */
export function requestMismatch(said: Record<string, unknown>, asked: Request): Refused | null {
  const fields = { ...asked };
  for (const [code, ...path] of BOUND) {
    const [made, open] = [at(said, path), at(fields, path)];
    if (isSame(made, open)) continue;
    return refused(code, `The decision was made for ${path.join('.')} ${quoted(made)}, and ${quoted(open)} is asked.`);
  }
  const names = [...new Set([...Object.keys(said), ...Object.keys(fields)])].filter((name) => name !== MOVES);
  const differs = names.find((name) => !isSame(at(said, [name]), at(fields, [name])));
  if (differs !== undefined) {
    return refused('requestMismatch', `The decision repeats the request with another ${quoted(differs)}.`);
  }
  if (Number.isSafeInteger(said[MOVES])) return null;
  return refused('requestMismatch', `The decision repeats the request without the time it expires.`);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}
