/** The gates of a stage as its list is written: names, and conditions on several of them. Pure. */
import { namesIn } from '../judge/decision/gate-tree.js';
import type { GateTree, StageSpec } from '../workflows/contract/plan.js';
import type { Path } from './problem.js';

/** A condition on several gates: its members, under their key. */
export type GateBranch = Exclude<GateTree, string>;

/** Something of the list, with its place in it. */
export interface Placed<T> {
  tree: T;
  path: Path;
}

export function membersOf(branch: GateBranch): { key: 'all' | 'any' | 'of'; members: readonly GateTree[] } {
  if ('all' in branch) return { key: 'all', members: branch.all };
  if ('any' in branch) return { key: 'any', members: branch.any };
  return { key: 'of', members: branch.of };
}

/** Every gate the list asks, each once, in the order written. */
export function gateNames(list: readonly GateTree[]): string[] {
  return namesIn({ all: [...list] });
}

/** Every name of the list at `path`, with its own path. */
export function leavesOf(list: readonly GateTree[], path: Path): Placed<string>[] {
  return [...list.entries()].flatMap(([index, tree]) => {
    const at = [...path, index];
    if (typeof tree === 'string') return [{ tree, path: at }];
    const { key, members } = membersOf(tree);
    return leavesOf(members, [...at, key]);
  });
}

/** Every condition of the list at `path`, outer ones first. */
export function branchesIn(list: readonly GateTree[], path: Path): Placed<GateBranch>[] {
  return [...list.entries()].flatMap(([index, tree]) => {
    if (typeof tree === 'string') return [];
    const at = [...path, index];
    const { key, members } = membersOf(tree);
    return [{ tree, path: at }, ...branchesIn(members, [...at, key])];
  });
}

/** A plain list is its names; what must pass is said only where that is not simply all of them. */
export function compileGates(list: readonly GateTree[]): Pick<StageSpec, 'gates' | 'passWhen'> {
  const gates = gateNames(list);
  const [first] = list;
  if (first === undefined || list.every((tree) => typeof tree === 'string')) return { gates };
  return { gates, passWhen: list.length === 1 ? first : { all: [...list] } };
}
