/** An emergency start is looked at afterwards by somebody else, who signs what he found; the ledger keeps it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readPolicy } from '../../../approvals/policy.js';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { ledgerOf } from '../../../activities/store/ledger.js';
import { reviewStatement, unfitReview } from '../../../approvals/review.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import { keyRing } from '../../support/ssh.js';
import { sluice } from './run-cli.js';

const ring = keyRing();
after(() => ring.remove());
const ROLLOUT = 'r-abcdefghijklmnopqrstuvwxyz';
const people = ['ada', 'bo', 'cy'];
const keys = Object.fromEntries(people.map((name) => [name, ring.key(name).line]));

const POLICY = `version: 1
serial: 1
people:
  - { id: ada, kind: human, roles: [modelOwner, risk], keys: ["${keys['ada']}"] }
  - { id: bo, kind: human, roles: [modelOwner], keys: ["${keys['bo']}"] }
  - { id: cy, kind: human, roles: [risk], keys: ["${keys['cy']}"] }
models:
  - { model: spam-filter, tier: medium, tenant: mail, target: flags/spam-filter, registry: models }
floor: {}
breakGlass: { rules: [{ role: modelOwner, min: 2 }], reasonCodes: [outage], cap: 25%, reviewRole: risk }
`;

const entry = {
  rolloutId: ROLLOUT,
  tenant: 'mail',
  model: 'spam-filter',
  atMs: Date.now() - 7_200_000,
  dueMs: Date.now() - 3_600_000,
  reasonCode: 'outage',
  by: ['ada', 'bo'],
  reviewedBy: null,
  reviewedAtMs: null,
};

function fingerprint(name: string): string {
  const reading = parsePublicKey(keys[name] ?? '');
  return reading.kind === 'key' ? reading.key.fingerprint : '';
}

test('a review counts only signed as one, by a holder of the role who approved nothing of it', () => {
  const reading = readPolicy(POLICY, 'policy.yaml');
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  const unfit = (by: string, namespace: string, over: object = {}): string | undefined => {
    const said = { finding: 'justified', by, key: fingerprint(by), issuedAtMs: Date.now() };
    const statement = reviewStatement({ ...entry, ...over }, said);
    const signed = { statement, signature: ring.key(by).sign(namespace, statement) };
    return unfitReview(signed, entry, reading.policy, Date.now())?.code;
  };
  assert.equal(unfit('cy', NAMESPACES.review), undefined);
  assert.equal(unfit('ada', NAMESPACES.review), 'selfApproval');
  assert.equal(unfit('bo', NAMESPACES.review), 'roleNotHeld');
  assert.equal(unfit('cy', NAMESPACES.approve), 'wrongNamespace');
  assert.equal(unfit('cy', NAMESPACES.review, { rolloutId: `r-${'b'.repeat(26)}` }), 'wrongRollout');
});

test('lists what is owed, takes the review of somebody else once, and says what it kept', async () => {
  const cwd = ring.directory;
  const root = join(cwd, 'evidence');
  mkdirSync(root);
  writeFileSync(join(cwd, 'policy.yaml'), POLICY);
  writeFileSync(join(cwd, 'platform.yaml'), PLATFORM);
  await ledgerOf(root, 'mail').open(entry);
  const owed = await sluice(['review'], { cwd });
  assert.match(
    owed.out,
    new RegExp(`${ROLLOUT} +spam-filter +outage +by ada, bo +review due .*nothing of the tenant starts`),
  );
  const own = await sluice(['review', ROLLOUT, '--finding', 'fine', '--as', 'ada', '--key', 'ada', '--yes'], { cwd });
  assert.equal(own.code, EXIT.refused);
  assert.match(own.err, /\[selfApproval\]/);
  const args = ['review', ROLLOUT, '--finding', 'Justified: mail was lost.', '--as', 'cy', '--key', 'cy', '--yes'];
  const done = await sluice(args, { cwd });
  assert.equal(done.code, EXIT.done, done.err);
  assert.match(done.out, /finding +Justified: mail was lost\./);
  const [kept] = await ledgerOf(root, 'mail').list();
  assert.equal(kept?.reviewedBy, 'cy');
  const again = await sluice(args, { cwd });
  assert.equal(again.code, EXIT.refused);
  assert.match(again.err, /\[duplicate\]/);
});

const PLATFORM = `version: 1
mode: development
tenants:
  mail:
    stores: { flags: { kind: flagd, file: flags.json } }
    registries: { models: { kind: files, root: models, alias: production } }
    evidence: { root: evidence }
`;
