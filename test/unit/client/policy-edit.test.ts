/** A change to the policy is reviewed and signed as a difference of text: nothing but the change may be in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { succeeding, withKey, withRevokedKey } from '../../../client/policy-edit.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPjUKIWaj8E5ZAdqWPvw9Bcgj0Uo9PmrQ4FhTeeXA2aa';
const OTHER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOther';
const DIGEST = `sha256:${'a'.repeat(64)}` as const;

const TEXT = `# who may decide
version: 1
serial: 7   # raised by hand so far
people:
- id: ada     # block, no keys
  kind: human
  roles: [modelOwner]   # hers

# flow, no keys
- {id: bo, kind: human, roles: [risk]}   # bo
- id: cy
  keys:
    - ${OTHER} cy@laptop # main
    # more to come
  kind: human
  roles: [risk]
- { id: di, kind: human, roles: [], keys: [] }
- id: ed
  kind: human
  roles: []
  keys: ["${OTHER}1", { key: "${OTHER}2", validTo: "2027-01-01" }]
- id: fi
  kind: human
  roles: []
  keys:
- id: gil
  kind: human
  roles: []
  keys:
    - key: ${OTHER}3
      validFrom: 2026-01-01
# models
models: []
`;

interface Read {
  serial: number;
  prev?: string;
  people: { id: string; keys?: (string | { key: string; revokedAt?: string; reason?: string })[] | null }[];
}

const read = (text: string): Read => parse(text) as Read;
const keysOf = (text: string, person: string) => read(text).people.find(({ id }) => id === person)?.keys ?? [];

/** The text without the lines that differ, and how many differ. */
function changedLines(before: string, after: string): string[] {
  const old = before.split('\n');
  return after.split('\n').filter((line) => !old.includes(line));
}

for (const person of ['ada', 'bo', 'cy', 'di', 'ed', 'fi', 'gil']) {
  test(`adds a key to ${person} and touches nothing else, comments and layout included`, () => {
    const after = withKey(TEXT, person, { key: KEY });
    assert.deepEqual(keysOf(after, person), [...keysOf(TEXT, person), KEY]);
    assert.equal(changedLines(TEXT, after).length, 1);
    const rest = (text: string) => read(text).people.filter(({ id }) => id !== person);
    assert.deepEqual(rest(after), rest(TEXT));
    for (const comment of TEXT.match(/#.*$/gm) ?? [])
      assert.equal(after.split(comment).length, TEXT.split(comment).length);
  });
}

test('writes down between which times a key is valid', () => {
  const after = withKey(TEXT, 'ada', { key: KEY, validTo: '2027-01-01T00:00:00.000Z' });
  assert.deepEqual(keysOf(after, 'ada'), [{ key: KEY, validTo: '2027-01-01T00:00:00.000Z' }]);
});

test('marks a key as revoked where it stands, however it is written, and keeps it', () => {
  const revoked = { revokedAt: '2026-05-01T00:00:00.000Z', reason: 'laptop: "lost" # in a train' };
  const cases: [string, string, object][] = [
    ['cy', OTHER, { key: OTHER, ...revoked }],
    ['ed', `${OTHER}2`, { key: `${OTHER}2`, validTo: '2027-01-01', ...revoked }],
    ['gil', `${OTHER}3`, { key: `${OTHER}3`, validFrom: '2026-01-01', ...revoked }],
  ];
  for (const [person, line, expected] of cases) {
    const after = withRevokedKey(TEXT, person, line, revoked);
    assert.equal(keysOf(after, person).length, keysOf(TEXT, person).length);
    assert.deepEqual(keysOf(after, person).at(-1), expected);
    assert.ok(after.includes('# main') && after.includes('# more to come'));
  }
});

test('raises the serial and names the policy before it, the first time and after', () => {
  const once = succeeding(TEXT, DIGEST);
  assert.deepEqual([read(once).serial, read(once).prev], [8, DIGEST]);
  assert.ok(once.includes('# raised by hand so far'));
  const next = `sha256:${'b'.repeat(64)}` as const;
  const twice = succeeding(once, next);
  assert.deepEqual([read(twice).serial, read(twice).prev], [9, next]);
  assert.equal(twice.split('\n').length, once.split('\n').length);
});

test('has no answer for people and keys that are not there', () => {
  assert.throws(() => withKey(TEXT, 'eve', { key: KEY }), RangeError);
  assert.throws(() => withRevokedKey(TEXT, 'cy', KEY, { revokedAt: 'x', reason: 'y' }), RangeError);
});
