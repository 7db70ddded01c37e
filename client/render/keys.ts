/** The keys of a policy as a table. Pure. */
import type { PolicyKey, PolicyPerson } from '../../approvals/policy.js';
import { keyState } from '../key-checks.js';
import { columns, safe } from './text.js';
import type { Canvas } from './tree.js';

/** A line for each key: person, roles, fingerprint, type, until when, and what has become of it. */
export function keyTable(people: PolicyPerson[], canvas: Canvas): string[] {
  const { paint } = canvas;
  const head = ['person', 'roles', 'key', 'type', 'validity'].map(paint.dim);
  return columns([head, ...people.flatMap((person) => rowsOf(person, canvas))]);
}

function rowsOf({ id, kind, roles, keys }: PolicyPerson, canvas: Canvas): string[][] {
  const who = kind === 'service' ? `${safe(id)} (service)` : safe(id);
  const held = roles.map(safe).join(', ') || '-';
  if (keys.length === 0) return [[who, held, '-', '-', canvas.paint.yellow('no key')]];
  return keys.map((key, at) => [
    at === 0 ? who : '',
    at === 0 ? held : '',
    safe(key.fingerprint),
    safe(key.key.trim().split(/\s+/)[0] ?? ''),
    validity(key, canvas),
  ]);
}

function validity(key: PolicyKey, { paint, nowMs }: Canvas): string {
  const { validFromMs, validToMs, revokedAtMs, revokedWhy } = key;
  switch (keyState(key, nowMs)) {
    case 'revoked':
      return paint.red(`revoked ${day(revokedAtMs)}${revokedWhy === null ? '' : `: ${safe(revokedWhy)}`}`);
    case 'expired':
      return paint.red(`expired ${day(validToMs)}`);
    case 'notYetValid':
      return paint.yellow(`valid from ${day(validFromMs)}`);
    case 'valid':
      return paint.green(validToMs === null ? 'valid' : `valid until ${day(validToMs)}`);
  }
}

function day(atMs: number | null): string {
  return atMs === null ? '' : `${new Date(atMs).toISOString().slice(0, 16)}Z`;
}
