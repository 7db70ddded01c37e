/** Which gates must still pass when some are waived by an emergency start. Pure, sandbox-safe. */
import type { GateTree, StageSpec } from '../workflows/contract/plan.js';

/**
 * What the stage asks for without the waived gates; absent where it asks for all its gates and none of them is waived.
 * A waived gate need not pass and may still roll back. Nothing passes with everything waived.
 */
export function requiredWithout(
  { gates, passWhen }: Pick<StageSpec, 'gates' | 'passWhen'>,
  waive: readonly string[],
): GateTree | undefined {
  if (!gates.some((gate) => waive.includes(gate))) return passWhen;
  return without(passWhen ?? { all: gates }, waive) ?? { all: [] };
}

/** What is left to ask; null: nothing, the waived gates satisfy it. */
function without(tree: GateTree, waive: readonly string[]): GateTree | null {
  if (typeof tree === 'string') return waive.includes(tree) ? null : tree;
  const members = 'all' in tree ? tree.all : 'any' in tree ? tree.any : tree.of;
  const left = members.flatMap((each) => without(each, waive) ?? []);
  const waived = members.length - left.length;
  if ('all' in tree) return left.length === 0 ? null : { all: left };
  if ('any' in tree) return waived > 0 ? null : { any: left };
  return waived >= tree.atLeast ? null : { atLeast: tree.atLeast - waived, of: left };
}
