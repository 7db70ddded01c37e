/**
 * Quorum: distinct people matched to role slots. Sandbox-safe: workflow code asks it whether exposure may rise, so it
 * imports nothing and depends on the order of its arguments only.
 */
import type { ApprovalRule } from '../workflows/contract/plan.js';

export interface Decider {
  id: string;
  roles: readonly string[];
}

export interface QuorumMatch {
  /** Every slot has a person of its own. */
  satisfied: boolean;
  /** Roles of the slots nobody fills yet, in the order of the rules; a role wanted twice may stand here twice. */
  open: string[];
  /** Who fills which slot. */
  assignment: { role: string; id: string }[];
}

/**
 * Matches people to slots so that as many slots as possible are filled (Kuhn's augmenting paths): one person fills one
 * slot, however many roles they hold. Filling slots first come, first served would deadlock: the only risk officer,
 * placed as model owner, would leave a quorum open that in truth stands. The same person twice counts once.
 */
export function matchQuorum(rules: readonly ApprovalRule[], deciders: readonly Decider[]): QuorumMatch {
  const slots = rules.flatMap((rule) => Array.from({ length: rule.min }, () => rule.role));
  const people = distinct(deciders);
  const slotOf: (number | null)[] = people.map(() => null);
  const filled = slots.map((_, slot) => place(slot, slots, people, slotOf, new Set()));
  return {
    satisfied: filled.every(Boolean),
    open: slots.filter((_, slot) => !filled[slot]),
    assignment: people.flatMap(({ id }, person) => {
      const role = slots[slotOf[person] ?? -1];
      return role === undefined ? [] : [{ role, id }];
    }),
  };
}

/** Finds a person for the slot, moving people already placed to other slots where that frees one. */
function place(
  slot: number,
  slots: readonly string[],
  people: readonly Decider[],
  slotOf: (number | null)[],
  asked: Set<number>,
): boolean {
  const role = slots[slot];
  for (const [person, { roles }] of people.entries()) {
    if (role === undefined || !roles.includes(role) || asked.has(person)) continue;
    asked.add(person);
    const taken = slotOf[person] ?? null;
    if (taken === null || place(taken, slots, people, slotOf, asked)) {
      slotOf[person] = slot;
      return true;
    }
  }
  return false;
}

function distinct(deciders: readonly Decider[]): Decider[] {
  const byId = new Map<string, Decider>();
  for (const decider of deciders) if (!byId.has(decider.id)) byId.set(decider.id, decider);
  return [...byId.values()];
}
