import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkBreakGlass, type LedgerEntry, overdueReview } from '../../../approvals/break-glass.js';
import { type BreakGlassRules, type PolicyPerson } from '../../../approvals/policy.js';
import type { BreakGlass } from '../../../workflows/contract/decisions.js';
import { accepted, example } from '../plan/support.js';
import { DAY, NOW } from './decided.js';

const { plan } = accepted(example('spam-filter.rollout.yaml'));
const HOUR = 3_600_000;

const RULES: BreakGlassRules = {
  rules: [{ role: 'onCall', min: 2 }],
  reasonCodes: ['outage', 'security'],
  cap: 0.25,
  reviewWithinMs: 48 * HOUR,
  reviewRole: 'risk',
};

function person(id: string, roles: string[], kind: PolicyPerson['kind'] = 'human'): PolicyPerson {
  return { id, kind, roles, keys: [] };
}

const PEOPLE = [
  person('p-ada', ['onCall']),
  person('p-bob', ['onCall', 'modelOwner']),
  person('p-eve', ['onCall']),
  person('p-rex', ['risk']),
  person('s-ci', ['onCall'], 'service'),
];

interface Asked {
  rules?: Partial<BreakGlassRules> | null;
  people?: PolicyPerson[];
  approvers?: string[];
  initiator?: string;
  change?: Partial<BreakGlass>;
}

function check(asked: Asked = {}) {
  const { rules = {}, people = PEOPLE, approvers = ['p-ada', 'p-bob'], initiator = 'p-eve', change = {} } = asked;
  return checkBreakGlass({
    plan,
    policy: { people, breakGlass: rules === null ? null : { ...RULES, ...rules } },
    breakGlass: { reasonCode: 'outage', reason: 'The old model answers nothing.', waive: ['latency'], ...change },
    approvers,
    initiator,
    atMs: NOW,
  });
}

/** What the refusal says; fails where it is none. */
function refusal(asked: Asked): string {
  const checked = check(asked);
  assert.ok(checked.kind === 'refused', 'was admitted');
  assert.equal(checked.code, 'breakGlassRefused');
  return checked.sentence;
}

describe('an emergency start', () => {
  it('waives the gates it names up to the cap of the policy, and owes a review', () => {
    const waive = ['latency', 'mail-lost'];
    assert.deepEqual(check({ change: { waive } }), {
      kind: 'admitted',
      waive,
      cap: 0.25,
      reviewDueMs: NOW + 48 * HOUR,
    });
  });

  it('is refused where the policy knows none', () => {
    assert.match(refusal({ rules: null }), /no emergency/);
  });

  it('is refused without a reason, and with one the policy does not know', () => {
    for (const reason of ['', '  \n\t']) assert.match(refusal({ change: { reason } }), /reason is empty/);
    assert.match(refusal({ change: { reasonCode: 'impatience' } }), /`impatience`.*outage, security/);
    assert.match(refusal({ change: { reasonCode: '' } }), /reason code/);
  });

  it('is refused where it waives nothing, or a gate the plan does not have', () => {
    assert.match(refusal({ change: { waive: [] } }), /waives no gate/);
    for (const gate of ['latencies', 'constructor', 'toString']) {
      assert.ok(refusal({ change: { waive: ['latency', gate] } }).includes(gate));
    }
  });

  it('is refused where a gate is asked above the cap only', () => {
    assert.match(refusal({ change: { waive: ['spam-kept'] } }), /`spam-kept`/);
    assert.match(refusal({ rules: { cap: 0.2 }, change: { waive: ['mail-lost'] } }), /`mail-lost`/);
    assert.equal(check({ rules: { cap: 0.25 }, change: { waive: ['mail-lost'] } }).kind, 'admitted');
    assert.equal(check({ rules: { cap: 0 }, change: { waive: ['latency'] } }).kind, 'admitted');
  });

  it('cannot move the cursor of a terminal by what it names', () => {
    assert.doesNotMatch(refusal({ change: { waive: ['\u001b[2J\u202egate'] } }), /[^\x20-\x7e]/);
  });
});

describe('the quorum of an emergency', () => {
  it('is not reached by one person, however often they sign', () => {
    assert.match(refusal({ approvers: ['p-ada'] }), /onCall/);
    assert.match(refusal({ approvers: ['p-ada', 'p-ada', 'p-ada'] }), /onCall/);
    assert.match(refusal({ approvers: [] }), /onCall, onCall/);
  });

  it('is not reached by one person in two roles', () => {
    const rules = {
      rules: [
        { role: 'onCall', min: 1 },
        { role: 'modelOwner', min: 1 },
      ],
    };
    assert.match(refusal({ rules, approvers: ['p-bob'] }), /modelOwner|onCall/);
    assert.equal(check({ rules, approvers: ['p-bob', 'p-ada'] }).kind, 'admitted');
  });

  it('is not reached by services, strangers, or people without the role', () => {
    for (const other of ['s-ci', 'p-mallory', 'p-rex', 'constructor']) {
      assert.match(refusal({ approvers: ['p-ada', other] }), /onCall/, other);
    }
  });

  it('is lost when the people on call have left', () => {
    assert.match(refusal({ people: PEOPLE.filter(({ id }) => id !== 'p-bob') }), /onCall/);
    assert.match(refusal({ people: [] }), /onCall, onCall/);
  });

  it('counts whoever starts it, but never alone', () => {
    assert.equal(check({ initiator: 'p-ada' }).kind, 'admitted');
    const one = { rules: [{ role: 'onCall', min: 1 }] };
    assert.match(refusal({ rules: one, initiator: 'p-ada', approvers: ['p-ada'] }), /Nobody but `p-ada`/);
    assert.match(refusal({ rules: one, initiator: 'p-ada', approvers: ['p-ada', 'p-rex'] }), /Nobody but `p-ada`/);
    assert.equal(check({ rules: one, initiator: 'p-ada', approvers: ['p-ada', 'p-bob'] }).kind, 'admitted');
    assert.equal(check({ rules: one, initiator: 'p-ada', approvers: ['p-bob'] }).kind, 'admitted');
  });
});

describe('the review of an emergency', () => {
  function entry(rolloutId: string, change: Partial<LedgerEntry> = {}): LedgerEntry {
    const told = { rolloutId, tenant: 'mail', model: 'spam-filter', reasonCode: 'outage', by: ['p-ada', 'p-bob'] };
    return { ...told, atMs: NOW, dueMs: NOW + 2 * DAY, reviewedBy: null, reviewedAtMs: null, ...change };
  }

  it('blocks from the moment it is overdue, not before', () => {
    const entries = [entry('r-1')];
    assert.equal(overdueReview(entries, NOW + 2 * DAY - 1), null);
    assert.equal(overdueReview(entries, NOW + 2 * DAY)?.rolloutId, 'r-1');
    assert.equal(overdueReview(entries, NOW + 900 * DAY)?.rolloutId, 'r-1');
  });

  it('lifts the block, also when it comes late', () => {
    const reviewed = entry('r-1', { reviewedBy: 'p-rex', reviewedAtMs: NOW + 5 * DAY });
    assert.equal(overdueReview([reviewed], NOW + 6 * DAY), null);
    assert.equal(overdueReview([reviewed, entry('r-2')], NOW + 6 * DAY)?.rolloutId, 'r-2');
  });

  it('is told for the emergency that has waited longest, in whatever order they stand', () => {
    const entries = [
      entry('r-2', { dueMs: NOW + 2 }),
      entry('r-1', { dueMs: NOW + 1 }),
      entry('r-3', { dueMs: NOW + 3 }),
    ];
    assert.equal(overdueReview(entries, NOW + 9)?.rolloutId, 'r-1');
    assert.equal(overdueReview([], NOW), null);
  });
});
