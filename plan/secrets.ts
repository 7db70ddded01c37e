/** Secrets in clear: a plan is shown, hashed, kept and sent, so none may stand in it. Pure. */
import type { Finding, Path } from './problem.js';

const SHAPES: [RegExp, string][] = [
  [/[a-z][a-z0-9+.-]*:\/\/[^\s/@?#]+@/i, 'a URL with a user or password in it'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY/, 'a private key'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'a cloud access key'],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-|whsec_)[A-Za-z0-9_+/=-]{12,}/, 'an access token'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\./, 'a signed token'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]{12,}/i, 'an access token'],
  [/\b(?:password|passwd|pwd|secret|token|api[_-]?key)\s*[=:]\s*['"]?[^\s'"]{4,}/i, 'a password or token'],
];
const SECRET_KEY = /^(?:password|passwd|pwd|secret|token|api-?_?key|credentials?|authorization)$/i;
const REFERENCE = /^(?:env|file):/;

export function looksSecret(value: unknown): boolean {
  return typeof value === 'string' && !REFERENCE.test(value) && SHAPES.some(([shape]) => shape.test(value));
}

/** Every text under `data` that looks like a secret; what it says is never repeated. */
export function secretsIn(data: unknown, path: Path = []): Finding[] {
  if (typeof data === 'string') return secretText(data, path);
  if (typeof data !== 'object' || data === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(data) ? [...data.entries()] : Object.entries(data);
  return entries.flatMap(([key, value]) => secretsIn(value, [...path, key]));
}

function secretText(text: string, path: Path): Finding[] {
  if (REFERENCE.test(text)) return [];
  const key = path[path.length - 1];
  const shape = SHAPES.find(([pattern]) => pattern.test(text))?.[1];
  const found = shape ?? (typeof key === 'string' && SECRET_KEY.test(key) ? 'a secret' : null);
  if (found === null) return [];
  const message = `${found} stands here in clear`;
  const remedy =
    'take it out and replace it where it is valid; platform.yaml refers to secrets by `env:NAME` or `file:/path`';
  return [{ code: 'secretInClear', path, message, remedy }];
}
