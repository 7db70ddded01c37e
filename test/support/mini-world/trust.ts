/** Trust for the small world: people with real keys, a policy signed by two roots, and statements signed by whoever makes them. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PublicKey, parsePublicKey } from '../../../approvals/ssh-key.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import type { MiniWorld } from '../mini-world.js';
import type { KeyRing } from '../ssh.js';
import { FLAG, TENANT } from './files.js';

export const ROOTS = ['root-a', 'root-b'];

export function keyOf(ring: KeyRing, name: string): PublicKey {
  const reading = parsePublicKey(ring.key(name).line);
  return reading.kind === 'key' ? reading.key : assert.fail(reading.why);
}

/** A policy that names people with their roles and keys, and the key of the log, signed by two roots. Gives the worker's arguments. */
export async function trustIn(
  { files, model }: MiniWorld,
  ring: KeyRing,
  roles: Record<string, string>,
  more = '',
): Promise<string[]> {
  const people = Object.entries(roles).map(
    ([id, held]) => `  - { id: ${id}, kind: human, roles: [${held}], keys: ["${ring.key(id).line}"] }`,
  );
  const text = `version: 1
serial: 1
people:
${people.join('\n')}
models:
  - { model: ${model}, tier: low, tenant: ${TENANT}, target: flags/${FLAG}, registry: models }
floor: {}
tiers: { low: { assurance: signed } }
logs: [{ name: main, key: "${ring.key('log').line}" }]
${more}`;
  await writeFile(files.policy, text);
  const signatures = ROOTS.map((name) => ring.key(name).sign(NAMESPACES.policy, text));
  await writeFile(`${files.policy}.sig`, signatures.join(''));
  const roots = join(ring.directory, 'roots.pub');
  await writeFile(roots, ROOTS.map((name) => `${ring.key(name).line}\n`).join(''));
  return ['--trust-roots', roots, '--log-key', ring.key('log').file];
}

export function signed(
  ring: KeyRing,
  by: string,
  namespace: string,
  says: object,
): { statement: string; signature: string } {
  const key = keyOf(ring, by).fingerprint;
  const statement = canonicalStatement({ version: 1, by, key, issuedAtMs: Date.now(), ...says });
  return { statement, signature: ring.key(by).sign(namespace, statement) };
}
