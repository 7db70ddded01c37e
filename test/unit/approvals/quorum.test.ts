import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Decider, matchQuorum } from '../../../approvals/quorum.js';

const ROLES = ['owner', 'risk', 'legal'];
const rules = fc.array(fc.record({ role: fc.constantFrom(...ROLES), min: fc.integer({ min: 1, max: 2 }) }), {
  maxLength: 3,
});
const people = fc
  .array(fc.uniqueArray(fc.constantFrom(...ROLES)), { maxLength: 5 })
  .map((all) => all.map((roles, index) => ({ id: `p-${index}`, roles })));

/** Most slots that can be filled, by trying every person in every slot. */
function bruteForce(slots: string[], free: Decider[]): number {
  const [slot, ...rest] = slots;
  if (slot === undefined) return 0;
  const skipped = bruteForce(rest, free);
  const filled = free
    .filter(({ roles }) => roles.includes(slot))
    .map(
      ({ id }) =>
        1 +
        bruteForce(
          rest,
          free.filter((person) => person.id !== id),
        ),
    );
  return Math.max(skipped, ...filled);
}

describe('a quorum', () => {
  it('stands where placing people first come, first served would deadlock', () => {
    const both = { id: 'ada', roles: ['owner', 'risk'] };
    const one = { id: 'grace', roles: ['owner'] };
    const asked = [
      { role: 'owner', min: 1 },
      { role: 'risk', min: 1 },
    ];
    for (const deciders of [
      [both, one],
      [one, both],
    ])
      assert.equal(matchQuorum(asked, deciders).satisfied, true);
  });

  it('fills as many slots as any assignment of distinct people could', () => {
    fc.assert(
      fc.property(rules, people, (asked, deciders) => {
        const { satisfied, open, assignment } = matchQuorum(asked, deciders);
        const slots = asked.flatMap(({ role, min }) => Array.from({ length: min }, () => role));
        assert.equal(assignment.length, bruteForce(slots, deciders));
        assert.equal(satisfied, assignment.length === slots.length);
        assert.deepEqual([...open, ...assignment.map(({ role }) => role)].sort(), [...slots].sort());
        assert.equal(new Set(assignment.map(({ id }) => id)).size, assignment.length);
        for (const { id, role } of assignment)
          assert.ok(deciders.find((person) => person.id === id)?.roles.includes(role));
      }),
      { numRuns: 2_000 },
    );
  });

  it('counts the same person once, however often they decide and whatever roles they hold', () => {
    const ada = { id: 'ada', roles: ['owner', 'risk'] };
    const { satisfied, open } = matchQuorum([{ role: 'owner', min: 2 }], [ada, ada, { ...ada }]);
    assert.deepEqual([satisfied, open], [false, ['owner']]);
  });

  it('names the roles still open, and none where nobody is asked', () => {
    assert.deepEqual(matchQuorum([{ role: 'risk', min: 2 }], []).open, ['risk', 'risk']);
    assert.equal(matchQuorum([], []).satisfied, true);
  });
});
