import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPolicy } from '../../../approvals/policy.js';
import { changed, example, problem } from '../plan/support.js';
import { keyBlob, written } from './forge.js';

const SIGNED = example('policy-signed.yaml');
const FIRST_FREEZE = 'deny: [{ from: Fri 16:00, to: Mon 08:00 }]';
const YEAR_END = 'deny: [{ from: 2026-12-18 16:00, to: 2027-01-04 08:00 }]';
const EMERGENCY = 'rules: [{ role: onCall, min: 2 }]';
const ALAN = /keys: \[(ssh-ed25519 \S+)\]\n {2}- id: s-ci/;
const alansKey = ALAN.exec(SIGNED)?.[1] ?? '';
const logKey = /log-1, key: (ssh-ed25519 \S+) \}/.exec(SIGNED)?.[1] ?? '';

function policyOf(text: string) {
  const reading = readPolicy(text, 'policy.yaml');
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  return reading.policy;
}

/** Refused by that code, on the line where `at` stands, in these words, with a remedy. */
function refusedFor(text: string, code: string, at: string, says: RegExp): void {
  const reading = readPolicy(text, 'policy.yaml');
  assert.ok(reading.kind === 'problems', 'was accepted');
  const { file, line, column, message, remedy } = problem(reading.problems, code);
  const row = text.split('\n')[line - 1] ?? '';
  assert.ok(row.includes(at), `line ${line} is ${row}`);
  assert.deepEqual([file, column > 0, remedy.length > 0], ['policy.yaml', true, true]);
  assert.match(message, says);
}

describe('a key in the policy', () => {
  it('is refused where two people list it: one signature would be two of them', () => {
    assert.notEqual(alansKey, '');
    const twice = changed(/keys: \[ssh-ed25519 \S+\]\n\n/, `keys: [${alansKey}]\n\n`, SIGNED);
    refusedFor(twice, 'sharedKey', alansKey, /s-ci.*already.*p-alan/);
  });

  it('is refused where two people list it with different comments', () => {
    const twice = changed(/keys: \[ssh-ed25519 \S+\]\n\n/, `keys: ["${alansKey} ci@build"]\n\n`, SIGNED);
    refusedFor(twice, 'sharedKey', 'ci@build', /p-alan/);
  });

  it('is refused where one person lists it twice, once with dates', () => {
    const again = `keys: [${alansKey}, { key: ${alansKey}, validTo: 2027-01-01T00:00:00Z }]\n  - id: s-ci`;
    refusedFor(changed(ALAN, again, SIGNED), 'sharedKey', 'validTo', /p-alan.*already/);
  });

  it('is refused where a log has it too: a person could vouch for the record of what they did', () => {
    const both = changed(ALAN, `keys: [${logKey}]\n  - id: s-ci`, SIGNED);
    refusedFor(both, 'sharedKey', 'log-1', /log log-1.*p-alan/);
  });

  it('is refused where anybody could sign for it', () => {
    const small = written(keyBlob('ssh-ed25519', Buffer.alloc(32).fill(1, 0, 1))).line;
    refusedFor(changed(ALAN, `keys: [${small}]\n  - id: s-ci`, SIGNED), 'weakKey', small, /small order/);
    refusedFor(changed(logKey, small, SIGNED), 'weakKey', small, /small order/);
  });

  it('is refused where it cannot be read', () => {
    const cut = alansKey.slice(0, 40);
    refusedFor(changed(alansKey, cut, SIGNED), 'badKey', cut, /key|base64/);
  });

  it('is refused where it is the private half, without repeating it', () => {
    const half = '-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAA';
    const reading = readPolicy(changed(alansKey, `"${half}"`, SIGNED), 'policy.yaml');
    assert.ok(reading.kind === 'problems', 'was accepted');
    assert.doesNotMatch(JSON.stringify(reading.problems), /b3BlbnNzaC1rZXk/);
    assert.match(JSON.stringify(reading.problems), /private key/i);
  });

  it('is refused where it ends before, or just when, it begins', () => {
    const begins = 'validFrom: 2026-06-01T12:00:00Z';
    for (const ends of ['2026-06-01T12:00:00Z', '2026-06-01T13:00:00+02:00', '2025-01-01T00:00:00Z']) {
      const text = changed(begins, `${begins}\n        validTo: ${ends}`, SIGNED);
      refusedFor(text, 'keyDates', 'validTo', /ends before it begins/);
    }
    const later = changed(begins, `${begins}\n        validTo: 2026-06-01T12:00:01Z`, SIGNED);
    assert.equal(policyOf(later).people[0]?.keys[1]?.validToMs, Date.UTC(2026, 5, 1, 12, 0, 1));
  });

  it('is refused with a date that no calendar has, which would be taken for another one', () => {
    for (const date of ['2026-02-30', '2027-02-29', '2026-04-31', '2026-13-01', '2026-00-10']) {
      const text = changed('validFrom: 2026-06-01T', `validFrom: ${date}T`, SIGNED);
      refusedFor(text, 'badValue', 'validFrom', /moment/);
    }
    const leap = changed('validFrom: 2026-06-01T12:00:00Z', 'validFrom: 2028-02-29T00:00:00Z', SIGNED);
    assert.equal(policyOf(leap).people[0]?.keys[1]?.validFromMs, Date.UTC(2028, 1, 29));
  });

  it('is refused with a date without its zone: it would mean another instant on every machine', () => {
    const text = changed('validFrom: 2026-06-01T12:00:00Z', 'validFrom: 2026-06-01T12:00:00', SIGNED);
    refusedFor(text, 'badValue', 'validFrom', /zone/);
  });

  it('is refused where it says why it was revoked, and was not', () => {
    const text = changed(/ {8}revokedAt: .*\n/, '', SIGNED);
    refusedFor(text, 'keyDates', 'laptop lost', /revoked/);
  });

  it('may be a plain text, as before there were dates', () => {
    const { people, tiers, freezes, breakGlass, logs, prev } = policyOf(
      changed('roles: [modelOwner] }', `roles: [modelOwner], keys: ["${alansKey} ada"] }`, example('policy.yaml')),
    );
    const [key] = people.flatMap(({ keys }) => keys);
    const open = { hardware: false, validFromMs: null, validToMs: null, revokedAtMs: null, revokedWhy: null };
    assert.deepEqual({ ...key, fingerprint: '' }, { key: alansKey, fingerprint: '', ...open });
    assert.match(key?.fingerprint ?? '', /^SHA256:/);
    const none = { assurance: 'identity', requiredKinds: {}, capBeforeApproval: 1, evidenceMaxAgeMs: null };
    assert.deepEqual(tiers, { low: none, medium: none, high: none });
    assert.deepEqual([freezes, breakGlass, logs, prev], [[], null, [], null]);
  });
});

describe('a freeze in the policy', () => {
  it('is refused in a zone that nobody knows, or that knows no daylight saving', () => {
    for (const zone of ['Europe/Berlim', 'Mars/Olympus', '"+01:00"', '""']) {
      const text = changed(
        'zone: Europe/Berlin\n    deny: [{ from: Fri',
        `zone: ${zone}\n    deny: [{ from: Fri`,
        SIGNED,
      );
      refusedFor(text, 'badValue', 'zone', /IANA/);
    }
  });

  it('is refused where it names no time', () => {
    refusedFor(changed(`    ${FIRST_FREEZE}\n`, '', SIGNED), 'emptyFreeze', 'weekend', /no time/);
    refusedFor(changed(FIRST_FREEZE, 'deny: []', SIGNED), 'emptyFreeze', 'weekend', /no time/);
  });

  it('is refused where it ends when it begins, or before', () => {
    const span = (text: string) => changed(YEAR_END, `deny: [${text}]`, SIGNED);
    refusedFor(span('{ from: Fri 16:00, to: Fri 16:00 }'), 'freezeTimes', 'Fri 16:00, to: Fri', /when it begins/);
    refusedFor(span('{ from: 2027-01-04 08:00, to: 2026-12-18 16:00 }'), 'freezeTimes', '2027-01-04', /before/);
    refusedFor(span('{ from: 2027-01-04 08:00, to: 2027-01-04 08:00 }'), 'freezeTimes', '2027-01-04', /before/);
  });

  it('is refused where one end is of each week and the other is a date', () => {
    const text = changed(YEAR_END, 'deny: [{ from: Fri 16:00, to: 2027-01-04 08:00 }]', SIGNED);
    refusedFor(text, 'freezeTimes', 'Fri 16:00, to: 2027', /each week.*date/);
  });

  it('is refused, not crashed on, with a date or a time that does not exist', () => {
    for (const from of [
      '2026-13-18 16:00',
      '2026-02-30 16:00',
      '2026-12-18 24:00',
      'Fri 16:60',
      'Fry 16:00',
      '16:00',
    ]) {
      const text = changed('from: 2026-12-18 16:00', `from: "${from}"`, SIGNED);
      refusedFor(text, 'badValue', from, /a time is written/);
    }
  });
});

describe('an emergency in the policy', () => {
  it('is refused where one person could declare it alone', () => {
    refusedFor(changed(EMERGENCY, 'rules: [{ role: onCall }]', SIGNED), 'breakGlassQuorum', 'onCall', /alone/);
  });

  it('is refused where its quorum is larger than those who hold the role', () => {
    const more = changed(EMERGENCY, 'rules: [{ role: onCall, min: 4 }]', SIGNED);
    refusedFor(more, 'breakGlassQuorum', 'onCall', /nobody.*onCall/);
  });

  it('is refused where one person would have to stand for two roles', () => {
    const roles = changed(
      'roles: [risk, onCall]',
      'roles: [risk]',
      changed('roles: [onCall]', 'roles: [risk]', SIGNED),
    );
    const asked = changed(EMERGENCY, 'rules: [{ role: onCall }, { role: onCall }]', roles);
    refusedFor(asked, 'breakGlassQuorum', 'role: onCall', /nobody.*onCall/);
  });

  it('is refused where its quorum needs people who have no key to sign with, or services', () => {
    const grace = /(id: p-grace\n {4}kind: human\n {4}roles: .*\n) {4}keys:\n(?: {6}- .*\n)+/;
    const twoLeft = changed('roles: [risk, onCall]', 'roles: [risk]', SIGNED);
    policyOf(twoLeft);
    refusedFor(changed(grace, '$1', twoLeft), 'breakGlassQuorum', 'onCall', /with a key.*onCall/);
    const service = changed('id: p-alan\n    kind: human', 'id: p-alan\n    kind: service', twoLeft);
    refusedFor(service, 'breakGlassQuorum', 'onCall', /onCall/);
  });

  it('is refused without a reason code', () => {
    refusedFor(changed('[outage, security, harm]', '[]', SIGNED), 'badValue', 'reasonCodes', /reasonCodes/);
    refusedFor(changed(/ {2}reasonCodes: .*\n/, '', SIGNED), 'missingKey', 'breakGlass', /reasonCodes/);
  });

  it('is refused where nobody could review it', () => {
    const nobody = changed('reviewRole: risk', 'reviewRole: auditor', SIGNED);
    refusedFor(nobody, 'emptyRole', 'reviewRole', /auditor/);
  });
});

describe('the example of a signed policy', () => {
  it('is refused, at every place at once, with several mistakes', () => {
    const text = changed(EMERGENCY, 'rules: [{ role: onCall }]', changed(FIRST_FREEZE, 'deny: []', SIGNED));
    const reading = readPolicy(changed('reviewRole: risk', 'reviewRole: auditor', text), 'policy.yaml');
    assert.ok(reading.kind === 'problems');
    assert.deepEqual(reading.problems.map(({ code }) => code).sort(), ['breakGlassQuorum', 'emptyFreeze', 'emptyRole']);
  });

  it('has another digest with any rule of it changed, and the same with any comment', () => {
    const digestOf = (text: string) => {
      const reading = readPolicy(text, 'policy.yaml');
      return reading.kind === 'policy' ? reading.digest : null;
    };
    const own = digestOf(SIGNED);
    assert.ok(own);
    assert.equal(digestOf(changed(/^# A policy .*\n/, '', SIGNED)), own);
    for (const [from, to] of [
      ['serial: 1 ', 'serial: 2 '],
      ['cap: 25%', 'cap: 26%'],
      ['capBeforeApproval: 5%', 'capBeforeApproval: 6%'],
      ['evidenceMaxAge: 24h', 'evidenceMaxAge: 25h'],
      ['reason: laptop lost', 'reason: laptop found'],
      ['to: Mon 08:00', 'to: Mon 08:01'],
    ] as const) {
      const other = digestOf(changed(from, to, SIGNED));
      assert.ok(other !== null && other !== own, to);
    }
  });
});
