/**
 * A decision is shown from the bytes that get signed, signed by ssh-keygen, and sent as it was signed. Threats 1, 2 and 10
 * of the governance note, as far as the command line can meet them; keys and signatures are real.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkDecision } from '../../../approvals/decision-check.js';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { verifySshsig } from '../../../approvals/sshsig.js';
import { canonicalStatement, statementDigest } from '../../../approvals/statement.js';
import { decideSigned, sendSignature } from '../../../client/cli/decide-signed.js';
import { Problem } from '../../../client/problem.js';
import { decisionLines } from '../../../client/render/statement.js';
import { openSigner, sign } from '../../../client/sign.js';
import type { Told } from '../../../client/rollouts.js';
import { type DecisionStatement, NAMESPACES } from '../../../workflows/contract/decisions.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import { keyRing } from '../../support/ssh.js';
import { asking, signingShell } from './signing-shell.js';
import { canvas, plan, request } from './standings.js';

const ring = keyRing();
const bo = ring.key('bo');
after(() => ring.remove());

function fingerprint(line: string): string {
  const reading = parsePublicKey(line);
  assert.equal(reading.kind, 'key');
  return reading.kind === 'key' ? reading.key.fingerprint : '';
}

function statement(over: Partial<DecisionStatement> = {}): DecisionStatement {
  return {
    version: 1,
    decision: 'approve',
    request: request(),
    by: 'bo',
    key: fingerprint(bo.line),
    reason: null,
    issuedAtMs: Date.now(),
    ...over,
  };
}

const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

test('sends a decision that the check at the door takes, with the text as it was signed', async () => {
  const told = asking();
  const { shell, sent, said } = signingShell(told, bo.file);
  assert.equal(await decideSigned(shell, 'approve', told, { yes: true, reason: 'numbers are fine' }), EXIT.done);
  const [message] = sent;
  assert.equal(message?.by, 'bo');
  const open = told.view?.request;
  assert.ok(open && message?.statement !== undefined && message.signature !== undefined);
  const key = { key: bo.line, fingerprint: fingerprint(bo.line), hardware: false };
  const people = [
    {
      id: 'bo',
      kind: 'human' as const,
      roles: ['risk'],
      keys: [{ ...key, validFromMs: null, validToMs: null, revokedAtMs: null, revokedWhy: null }],
    },
  ];
  const tier = { assurance: 'signed' as const, requiredKinds: {}, capBeforeApproval: 1, evidenceMaxAgeMs: null };
  const binding = {
    model: 'spam-filter',
    tier: 'medium' as const,
    tenant: 'mail',
    target: 'flags/spam-filter',
    registry: 'models',
    gates: {},
  };
  const input = {
    tenant: 'mail',
    verb: 'approve' as const,
    request: { ...open, expiresAtMs: Date.now() + 60_000 },
    statement: message.statement,
    signature: message.signature,
    risk: 'low' as const,
    atMs: Date.now(),
  };
  const policy = { people, models: [binding], tiers: { low: tier, medium: tier, high: tier } };
  const check = checkDecision({ input, policy });
  assert.equal(check.kind, 'valid', JSON.stringify(check));
  assert.ok(said().includes(statementDigest(message.statement)), 'the digest of what was signed is shown');
  assert.match(said(), /accepted: Approved stage general\./);
});

test('shows what the bytes say, not what the worker says beside them', () => {
  const text = canonicalStatement(statement({ request: request({ stage: 'general', candidateVersion: 'nb-evil' }) }));
  const shown = decisionLines(text, plan(), canvas()).join('\n');
  assert.match(shown, /APPROVE stage general of spam-filter nb-evil/);
  assert.match(
    shown.replace(/\s+/g, ' '),
    /before 25 % \+ staff; after 50 % \+ staff → 100 % \+ staff; never above 100 % \+ staff/,
  );
  assert.match(shown, /mail-lost \(mailType=hard-ham\) +inconclusive/);
  assert.match(shown, /About 340 more units would decide it\./);
  assert.match(shown, new RegExp(`statement +${statementDigest(text)}`));
});

test('gives numbers in the units of the plan only when it is the plan of the digest that gets signed', () => {
  const told = asking();
  const open = told.view?.request;
  assert.ok(open);
  const own = decisionLines(canonicalStatement(statement({ request: open })), plan(), canvas()).join('\n');
  assert.match(own, /1\.2 pp \[-0\.1 pp, 2\.5 pp\]/);
  const other = decisionLines(canonicalStatement(statement({ request: open })), { ...plan(), owner: 'eve' }, canvas());
  assert.match(other.join('\n'), /0\.012 \[-0\.001, 0\.025\]/);
});

test('threat 10: escape and bidirectional characters in names, reasons and sentences are shown as code points', () => {
  const [gate] = request().shown;
  assert.ok(gate);
  const evil = '\u001b[2K\u001b[1Aeverything passes\u202e\u2066\u0007\r\n';
  const spoiled = request({
    stage: `general${evil}`,
    candidateVersion: evil,
    shown: [{ ...gate, gate: evil, slice: evil, sentence: evil }],
    rules: [{ role: evil, min: 1 }],
    excluded: [evil],
    steps: [{ share: 0.5, cohorts: [evil] }],
  });
  const lines = decisionLines(
    canonicalStatement(statement({ request: spoiled, reason: evil, by: evil })),
    plan(),
    canvas(),
  );
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
  assert.match(lines.join('\n'), /\\u\{1b\}\[2K.*\\u\{202e\}/);
});

test('will not show, so not sign, a text with two readings', () => {
  const text = canonicalStatement(statement());
  assert.throws(() => decisionLines(`${text}\n`, null, canvas()));
  assert.throws(() => decisionLines(text.replace('{"by":"bo"', '{"by":"bo","by":"eve"'), null, canvas()));
});

test('threat 1: without a key nothing is sent, and the remedy says how to name one', async () => {
  const told = asking();
  const { shell, sent } = signingShell(told, undefined);
  await assert.rejects(
    decideSigned(shell, 'approve', told, { yes: true }),
    (error: unknown) =>
      error instanceof Problem && error.code === 'noSigner' && /--key .*SLUICE_KEY/.test(error.remedy),
  );
  assert.equal(sent.length, 0);
});

test('threat 2: whoever types the name of an approver signs that name with a key of his own', async () => {
  const told = asking();
  const eve = ring.key('eve');
  const { shell, sent } = signingShell(told, eve.file, 'bo');
  await decideSigned(shell, 'approve', told, { yes: true });
  const said = JSON.parse(sent[0]?.statement ?? '{}') as DecisionStatement;
  assert.equal(said.by, 'bo');
  assert.equal(said.key, fingerprint(eve.line));
});

test('--print gives the bytes alone; signed elsewhere, they are checked, shown and sent unchanged', async () => {
  const told = asking();
  const printing = signingShell(told, `${bo.file}.pub`);
  assert.equal(await decideSigned(printing.shell, 'reject', told, { print: true, reason: 'too slow' }), EXIT.done);
  assert.equal(printing.said(), '');
  const text = printing.written();
  assert.equal((JSON.parse(text) as DecisionStatement).decision, 'reject');
  const file = join(ring.directory, 'd.json');
  writeFileSync(file, text);
  execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'reject.v1@sluice', '-f', bo.file, file], { stdio: 'ignore' });
  const sending = signingShell(told, undefined);
  assert.equal(
    await sendSignature(sending.shell, 'reject', undefined, { signature: `${file}.sig`, yes: true }),
    EXIT.done,
  );
  assert.deepEqual(sending.sent[0], {
    verb: 'reject',
    by: 'bo',
    rolloutId: told.found.rolloutId,
    reason: 'too slow',
    requestId: 'q-1',
    statement: text,
    signature: readFileSync(`${file}.sig`, 'utf8'),
  });
  assert.match(sending.said(), /REJECT stage general/);
});

test('a signature made elsewhere is refused here when text, purpose, key or request are others', async () => {
  const told = asking();
  const open = told.view?.request ?? request();
  const file = join(ring.directory, 'other.json');
  const send = async (text: string, armored: string, verb: 'approve' | 'reject' = 'approve'): Promise<void> => {
    writeFileSync(file, text);
    writeFileSync(`${file}.sig`, armored);
    const { shell, sent } = signingShell(told, undefined);
    try {
      await sendSignature(shell, verb, undefined, { signature: `${file}.sig`, yes: true });
    } finally {
      assert.equal(sent.length, 0);
    }
  };
  const text = canonicalStatement(statement({ request: open }));
  const armored = bo.sign(NAMESPACES.approve, text);
  await assert.rejects(send(`${text}\n`, armored), code('notCanonical'));
  await assert.rejects(send(text.replace('"share":0.5', '"share":1'), armored), code('badSignature'));
  await assert.rejects(send(text, bo.sign('git', text)), code('wrongNamespace'));
  await assert.rejects(send(text, armored, 'reject'), code('wrongNamespace'));
  await assert.rejects(send(text, ring.key('eve').sign(NAMESPACES.approve, text)), code('badSignature'));
  for (const [wrong, over] of [
    ['wrongTenant', { tenant: 'bank' }],
    ['staleChallenge', { challenge: 'older' }],
    ['wrongStage', { attempt: 2 }],
  ] as const) {
    const other = canonicalStatement(statement({ request: { ...open, ...over } }));
    await assert.rejects(send(other, bo.sign(NAMESPACES.approve, other)), code(wrong), wrong);
  }
});

test('a request that was read and is not open any more is not decided by mistake', async () => {
  const told = asking();
  const { shell, sent } = signingShell(told, bo.file);
  await assert.rejects(decideSigned(shell, 'approve', told, { yes: true, request: 'q-0' }), code('staleRequest'));
  assert.equal(sent.length, 0);
});

test('with no worker to ask nothing can be signed, since a signature covers the whole request', async () => {
  const told: Told = { ...asking(), view: null, silence: 'no worker polls for it' };
  const file = join(ring.directory, 'silent.json');
  const text = canonicalStatement(statement());
  writeFileSync(file, text);
  writeFileSync(`${file}.sig`, bo.sign(NAMESPACES.approve, text));
  const { shell } = signingShell(told, undefined);
  await assert.rejects(
    sendSignature(shell, 'approve', undefined, { signature: `${file}.sig`, yes: true }),
    code('workerAbsent'),
  );
});

test('nobody at the keyboard and no --yes is no yes', async () => {
  if (process.stdin.isTTY) return;
  const told = asking();
  const { shell, sent } = signingShell(told, bo.file);
  await assert.rejects(decideSigned(shell, 'approve', told, {}), code('unconfirmed'));
  assert.equal(sent.length, 0);
});

test('signs with ECDSA P-256 keys too, and with a private key that has no .pub beside it', async () => {
  const ecdsa = ring.key('ec', 'ecdsa');
  renameSync(`${ecdsa.file}.pub`, `${ecdsa.file}.away`);
  const signer = await openSigner(ecdsa.file);
  assert.equal(signer.key.line, ecdsa.line);
  const armored = await sign(signer, NAMESPACES.approve, 'text');
  assert.equal(verifySshsig({ message: 'text', armored, namespace: NAMESPACES.approve }).kind, 'valid');
});

test('refuses keys of a kind that proves nothing, before anything is signed', async () => {
  const file = join(ring.directory, 'rsa');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', file]);
  await assert.rejects(openSigner(file), code('weakKey'));
});

test('says what to do when a passphrase is asked for and nobody is there to type it', async () => {
  const file = join(ring.directory, 'locked');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', file]);
  const signer = await openSigner(file);
  // The helper that asks in place of the terminal gives no answer.
  const helper = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };
  const before = Object.keys(helper).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, helper);
  try {
    await assert.rejects(
      sign(signer, NAMESPACES.approve, 'text'),
      (error: unknown) => error instanceof Problem && error.code === 'noSigner' && /ssh-add/.test(error.remedy),
    );
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('says what to do when no agent holds the key, or others may read it', async () => {
  const lost = ring.key('lost');
  renameSync(lost.file, `${lost.file}.away`);
  const remedy = (wanted: RegExp) => (error: unknown) =>
    error instanceof Problem && error.code === 'noSigner' && wanted.test(error.remedy);
  const env = process.env['SSH_AUTH_SOCK'];
  delete process.env['SSH_AUTH_SOCK'];
  try {
    await assert.rejects(sign(await openSigner(`${lost.file}.pub`), 'n', 'text'), remedy(/ssh-add/));
    const open = ring.key('open');
    chmodSync(open.file, 0o644);
    await assert.rejects(sign(await openSigner(open.file), 'n', 'text'), remedy(/chmod 600/));
    await assert.rejects(openSigner(join(ring.directory, 'nowhere')), remedy(/--key or SLUICE_KEY/));
  } finally {
    if (env !== undefined) process.env['SSH_AUTH_SOCK'] = env;
  }
});

test('notices that the .pub file beside a key belongs to another key', async () => {
  const one = ring.key('one');
  writeFileSync(`${one.file}.pub`, `${ring.key('two').line}\n`);
  await assert.rejects(
    openSigner(one.file).then((signer) => sign(signer, NAMESPACES.approve, 'text')),
    code('noSigner'),
  );
});
