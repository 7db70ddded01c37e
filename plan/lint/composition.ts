/** Lint: conditions on several gates that can be met, and that say something. */
import type { GateTree } from '../../workflows/contract/plan.js';
import { type GateBranch, branchesIn, membersOf } from '../gate-list.js';
import type { Finding, Path } from '../problem.js';
import type { Rule } from './context.js';

export const conditionsSensible: Rule = ({ plan }) =>
  plan.stages.flatMap(({ gates }, index) =>
    branchesIn(gates, ['stages', index, 'gates']).flatMap(({ tree, path }) => [
      ...unreachable(tree, path),
      ...pointless(tree, path),
    ]),
  );

function unreachable(tree: GateBranch, path: Path): Finding[] {
  if (!('atLeast' in tree) || tree.atLeast <= tree.of.length) return [];
  const { atLeast, of } = tree;
  const message = `\`atLeast: ${atLeast}\` can never be met by ${of.length === 1 ? 'one gate' : `${of.length} gates`}`;
  return [{ code: 'atLeastTooMany', path: [...path, 'atLeast'], message, remedy: `write at most ${of.length}` }];
}

/** One member is no choice, so another may have been forgotten. */
function pointless(tree: GateBranch, path: Path): Finding[] {
  const { key, members } = membersOf(tree);
  const [only] = members;
  if (key !== 'any' || members.length > 1 || only === undefined) return [];
  const message = '`any` of one gate is no choice: that gate must pass';
  const remedy = `add the other, or write ${shown(only)} without \`any\``;
  return [{ code: 'anyOfOne', warning: true, path: [...path, 'any'], message, remedy }];
}

function shown(tree: GateTree): string {
  return typeof tree === 'string' ? `\`${tree}\`` : 'the condition in it';
}
