import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkDecision } from '../../../approvals/decision-check.js';
import { canonicalStatement, readStatement, statementDigest } from '../../../approvals/statement.js';
import { NAMESPACES, SIGNATURE_LIMIT, STATEMENT_LIMIT } from '../../../workflows/contract/decisions.js';
import { ada, aPolicy, aRequest, codeOf, NOW, signedAnswer } from './decided.js';

const [key] = ada.keys;
assert.ok(key);

/** The text signed as it stands: only its form can be at fault. */
function signedAsItStands(statement: string): string {
  return codeOf({ statement, signature: key?.sign(statement, NAMESPACES.approve) ?? '' });
}

describe('a signed decision', () => {
  it('counts as it was signed, with who signed it, how and what', () => {
    const signed = signedAnswer({ change: { reason: 'größer als 5 % 🚦' } });
    const check = checkDecision({
      input: { ...signed, tenant: 'mail', verb: 'approve', request: aRequest(), risk: 'low', atMs: NOW },
      policy: aPolicy(),
    });
    assert.deepEqual(check, {
      kind: 'valid',
      by: 'p-ada',
      key: key.fingerprint,
      assurance: 'signed',
      reason: 'größer als 5 % 🚦',
      issuedAtMs: NOW,
      statementDigest: statementDigest(signed.statement),
    });
  });

  it('is refused with a byte of its text changed, wherever it stands', () => {
    const { statement, signature } = signedAnswer();
    const bytes = Buffer.from(statement);
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const code = codeOf({ statement: changed.toString('utf8'), signature });
      assert.ok(['badSignature', 'notCanonical'].includes(code), `byte ${at}: ${code}`);
    }
  });

  it('is refused when its keys stand in another order, even signed so', () => {
    const { statement } = signedAnswer();
    const turned = Object.fromEntries(Object.entries(JSON.parse(statement) as object).reverse());
    assert.equal(signedAsItStands(JSON.stringify(turned)), 'notCanonical');
  });

  it('is refused with white space, a newline at the end or a mark at the start, even signed so', () => {
    const { statement, signature } = signedAnswer();
    for (const text of [`${statement}\n`, ` ${statement}`, `\ufeff${statement}`, statement.replace('{', '{ ')]) {
      assert.equal(signedAsItStands(text), 'notCanonical');
      assert.equal(codeOf({ statement: text, signature }), 'notCanonical');
    }
  });

  it('is refused when a key stands in it twice, whichever of the two another reader would take', () => {
    const { statement } = signedAnswer();
    for (const text of [
      statement.replace('{', '{"by":"p-rex",'),
      statement.replace('"decision":', '"decision":"reject","decision":'),
      statement.replace('"stage":"general"', '"stage":"general","stage":"general"'),
    ]) {
      assert.equal(signedAsItStands(text), 'notCanonical');
    }
  });

  it('is refused when a number or a letter is spelt in another way', () => {
    const { statement } = signedAnswer();
    const spellings: [string, string][] = [
      ['"attempt":1', '"attempt":1.0'],
      ['"attempt":1', '"attempt":1e0'],
      ['"share":0.25', '"share":2.5e-1'],
      ['"reason":null', '"reason":"\\u0061"'],
      ['"reason":null', '"reason":"\\/"'],
      ['"attempt":1', '"attempt":-0'],
    ];
    for (const [from, to] of spellings) assert.equal(signedAsItStands(statement.replace(from, to)), 'notCanonical', to);
  });

  it('is refused with half a character in it: its bytes would not be its text', () => {
    const { statement } = signedAnswer();
    for (const half of ['\ud83d', '\udea6', '\\ud83d']) {
      assert.equal(signedAsItStands(statement.replace('"reason":null', `"reason":"${half}"`)), 'notCanonical');
    }
  });

  it('is refused when it is no statement of a decision', () => {
    const { statement } = signedAnswer();
    const whole = JSON.parse(statement) as Record<string, unknown>;
    const without = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== 'reason'));
    const wrong: unknown[] = [
      null,
      [],
      'yes',
      {},
      without,
      { ...whole, role: 'risk' },
      { ...whole, version: 2 },
      { ...whole, decision: 'hold' },
      { ...whole, decision: ['approve'] },
      { ...whole, request: null },
      { ...whole, request: [] },
      { ...whole, by: '' },
      { ...whole, by: 7 },
      { ...whole, reason: 7 },
      { ...whole, issuedAtMs: '1' },
      { ...whole, issuedAtMs: 1.5 },
    ];
    for (const value of wrong) {
      assert.equal(signedAsItStands(canonicalStatement(value)), 'notCanonical', JSON.stringify(value)?.slice(0, 60));
    }
    for (const text of ['', 'yes', '{', 'undefined', '{"a":NaN}']) assert.equal(signedAsItStands(text), 'notCanonical');
  });

  it('is refused unread when it is larger than any real one', () => {
    const { statement, signature } = signedAnswer();
    assert.equal(codeOf({ statement: statement.padEnd(STATEMENT_LIMIT + 1), signature }), 'tooLarge');
    assert.equal(codeOf({ statement, signature: signature.padEnd(SIGNATURE_LIMIT + 1) }), 'tooLarge');
  });

  it('nested deeper than a stack is refused instead of ending the reader', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    assert.equal(readStatement(nested(30), STATEMENT_LIMIT).kind, 'json');
    assert.equal(readStatement(nested(40), STATEMENT_LIMIT).kind, 'refused');
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const depth = Math.floor((STATEMENT_LIMIT - 1) / (open.length + close.length));
      const text = `${open.repeat(depth)}0${close.repeat(depth)}`;
      assert.equal(readStatement(text, STATEMENT_LIMIT).kind, 'refused');
      assert.equal(signedAsItStands(text), 'notCanonical');
    }
  });

  it('may hold any brackets in its words', () => {
    const reason = '[{('.repeat(100);
    assert.equal(codeOf(signedAnswer({ change: { reason } })), 'valid');
  });

  it('with names that every object has is compared by what it says, not by what objects have', () => {
    const { statement } = signedAnswer();
    const poisoned = statement.replace('"request":{', '"request":{"__proto__":{"tenant":"mail"},');
    assert.equal(signedAsItStands(poisoned), 'requestMismatch');
    const request = { ...aRequest(), constructor: 1 };
    assert.equal(codeOf(signedAnswer({ request })), 'requestMismatch');
  });
});
