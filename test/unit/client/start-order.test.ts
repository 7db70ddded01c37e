/** A start order is signed before the start, for one rollout and one plan; an emergency is approved on the same facts. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { verifySshsig } from '../../../approvals/sshsig.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import { coSign, makeOrder, newOrdering, orderingFrom } from '../../../client/cli/start-order.js';
import type { LoadedPlan } from '../../../client/files.js';
import { type OrderFile, orderIn } from '../../../client/order.js';
import { Problem } from '../../../client/problem.js';
import { digestOf } from '../../../plan/canonical.js';
import { NAMESPACES } from '../../../workflows/contract/decisions.js';
import { isRolloutId } from '../../../workflows/contract/ids.js';
import { keyRing } from '../../support/ssh.js';
import { asking, signingShell } from './signing-shell.js';
import { plan } from './standings.js';

const ring = keyRing();
after(() => ring.remove());
const loaded: LoadedPlan = { file: 'p.yaml', plan: plan(), digest: digestOf(plan()), warnings: [], filled: '' };
const emergency = { breakGlass: 'outage', reason: 'mail is lost', waive: ['mail-lost'], yes: true };
const shellOf = (name: string) => signingShell(asking(), ring.key(name).file, name);
const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

test('an order with a key is signed for the rollout it starts, under a purpose of its own', async () => {
  const ordering = await newOrdering(shellOf('ada').shell, loaded, {});
  const { order, approvals } = await ordering.sign();
  const said = orderIn(order.statement);
  assert.ok(isRolloutId(ordering.rolloutId));
  assert.deepEqual(
    [said.rolloutId, said.plan, said.by, said.tenant, said.model, said.breakGlass],
    [ordering.rolloutId, loaded.digest, 'ada', 'mail', 'spam-filter', null],
  );
  const check = verifySshsig({ message: order.statement, armored: order.signature, namespace: NAMESPACES.start });
  assert.equal(check.kind, 'valid');
  assert.deepEqual(approvals, []);
});

test('two people sign the same emergency, each with a key of their own, before anything starts', async () => {
  const file = join(ring.directory, 'order.json');
  const ada = shellOf('ada');
  await makeOrder(ada.shell, loaded, emergency, file);
  assert.match(ada.said(), /EMERGENCY START of spam-filter/);
  assert.match(ada.said(), /emergency {2}outage: mail is lost/);
  assert.match(ada.said(), /waives +mail-lost/);
  const bo = shellOf('bo');
  await coSign(bo.shell, loaded, { yes: true }, file);
  await coSign(bo.shell, loaded, { yes: true }, file);
  assert.match(bo.said(), /ordered by ada, approved by ada/);
  const ordering = await orderingFrom(shellOf('cy').shell, loaded, {}, file);
  assert.equal(ordering.by, 'ada');
  const { order, approvals } = await ordering.sign();
  assert.deepEqual(
    approvals.map(({ statement }) => orderIn(statement).by),
    ['ada', 'bo'],
  );
  for (const { statement, signature } of approvals) {
    const { rolloutId, breakGlass, plan: digest } = orderIn(statement);
    const made = orderIn(order.statement);
    assert.deepEqual([rolloutId, digest, breakGlass], [made.rolloutId, made.plan, made.breakGlass]);
    const check = verifySshsig({ message: statement, armored: signature, namespace: NAMESPACES.breakGlass });
    assert.equal(check.kind, 'valid');
  }
  assert.deepEqual([...ada.sent, ...bo.sent], [], 'no server was told anything');
});

test('an order for another plan starts nothing, and one that was altered is refused', async () => {
  const file = join(ring.directory, 'altered.json');
  await makeOrder(shellOf('ada').shell, loaded, emergency, file);
  const other = { ...plan(), owner: 'eve' };
  const changed = { ...loaded, plan: other, digest: digestOf(other) };
  await assert.rejects(orderingFrom(shellOf('ada').shell, changed, {}, file), code('planMismatch'));
  const order = JSON.parse(readFileSync(file, 'utf8')) as OrderFile;
  const wider = {
    ...orderIn(order.order.statement),
    breakGlass: { reasonCode: 'outage', reason: 'x', waive: ['errors'] },
  };
  writeFileSync(file, JSON.stringify({ ...order, order: { ...order.order, statement: canonicalStatement(wider) } }));
  await assert.rejects(orderingFrom(shellOf('ada').shell, loaded, {}, file), code('badSignature'));
  writeFileSync(file, '{"version":1}');
  await assert.rejects(orderingFrom(shellOf('ada').shell, loaded, {}, file), code('notCanonical'));
});

test('threat 48: an emergency without a reason, without a gate or with an unknown one is refused before it is signed', async () => {
  const { shell } = shellOf('ada');
  const { reason: _reason, ...silent } = emergency;
  await assert.rejects(newOrdering(shell, loaded, silent), code('breakGlassRefused'));
  await assert.rejects(newOrdering(shell, loaded, { ...emergency, reason: ' ' }), code('breakGlassRefused'));
  await assert.rejects(newOrdering(shell, loaded, { ...emergency, waive: [] }), code('breakGlassRefused'));
  await assert.rejects(newOrdering(shell, loaded, { ...emergency, waive: ['no-such'] }), code('breakGlassRefused'));
  await assert.rejects(newOrdering(shell, loaded, { waive: ['errors'] }), code('breakGlassRefused'));
});

test('an emergency is not started on a name alone', async () => {
  const { shell } = signingShell(asking(), undefined, 'ada');
  await assert.rejects(newOrdering(shell, loaded, emergency), code('noSigner'));
});
