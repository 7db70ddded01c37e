/** Which gates must pass for a step to pass, as a tree of all, any, and at least so many of. Pure, sandbox-safe. */
import type { GateTree } from '../../workflows/contract/plan.js';

/** Every gate the tree asks, each once, in the order written. */
export function namesIn(tree: GateTree): string[] {
  if (typeof tree === 'string') return [tree];
  return [...new Set(membersOf(tree).flatMap(namesIn))];
}

/** A group without members, or that asks for less than one, is never satisfied: nothing passes by asking nothing. */
export function satisfied(tree: GateTree, passes: (gate: string) => boolean): boolean {
  if (typeof tree === 'string') return passes(tree);
  const members = membersOf(tree);
  const needed = 'all' in tree ? members.length : 'any' in tree ? 1 : tree.atLeast;
  return needed >= 1 && members.filter((member) => satisfied(member, passes)).length >= needed;
}

/** As people read it: `errors and 2 of (a, b, c)`. */
export function treeText(tree: GateTree): string {
  const group = unwrapped(tree);
  if (typeof group === 'string') return group;
  const members = membersOf(group);
  if ('of' in group) return `${group.atLeast} of (${members.map(treeText).join(', ')})`;
  return members.map(grouped).join('all' in group ? ' and ' : ' or ');
}

function grouped(tree: GateTree): string {
  const group = unwrapped(tree);
  return typeof group === 'string' || 'of' in group ? treeText(group) : `(${treeText(group)})`;
}

/** All of one, or any of one, is that one. */
function unwrapped(tree: GateTree): GateTree {
  if (typeof tree === 'string' || 'of' in tree) return tree;
  const [only, ...others] = membersOf(tree);
  return only !== undefined && others.length === 0 ? unwrapped(only) : tree;
}

type Group = Exclude<GateTree, string>;

function membersOf(tree: Group): GateTree[] {
  if ('all' in tree) return tree.all;
  return 'any' in tree ? tree.any : tree.of;
}
