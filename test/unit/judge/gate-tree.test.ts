/** Which gates must pass: what the tree asks, when it is satisfied, and how it reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn, satisfied, treeText } from '../../../judge/decision/gate-tree.js';
import type { GateTree } from '../../../workflows/contract/plan.js';

const tree: GateTree = { all: ['errors', { atLeast: 2, of: ['quality', 'speed', { any: ['cost', 'errors'] }] }] };
const when =
  (...passing: string[]) =>
  (gate: string) =>
    passing.includes(gate);

test('names come once each, in the order written', () => {
  assert.deepEqual(namesIn(tree), ['errors', 'quality', 'speed', 'cost']);
  assert.deepEqual(namesIn('errors'), ['errors']);
});

test('all needs all, any needs one, at least two needs two', () => {
  assert.equal(satisfied(tree, when('errors', 'speed')), true);
  assert.equal(satisfied(tree, when('quality', 'speed', 'cost')), false);
  assert.equal(satisfied({ atLeast: 2, of: ['a', 'b', 'c'] }, when('b')), false);
  assert.equal(satisfied({ atLeast: 2, of: ['a', 'b', 'c'] }, when('a', 'c')), true);
  assert.equal(satisfied({ any: ['a', 'b'] }, when()), false);
  assert.equal(satisfied('a', when('a')), true);
});

test('nothing passes by asking nothing, or more than there is', () => {
  const empty: GateTree[] = [
    { all: [] },
    { any: [] },
    { atLeast: 0, of: ['a'] },
    { atLeast: 3, of: ['a', 'b'] },
    { atLeast: Number.NaN, of: ['a'] },
    { all: ['a', { all: [] }] },
  ];
  for (const one of empty)
    assert.equal(
      satisfied(one, () => true),
      false,
      JSON.stringify(one),
    );
});

test('it reads as people say it, with brackets only where they are needed', () => {
  assert.equal(treeText(tree), 'errors and 2 of (quality, speed, cost or errors)');
  assert.equal(treeText({ any: [{ all: ['a', 'b'] }, 'c'] }), '(a and b) or c');
  assert.equal(treeText({ all: [{ all: [{ any: ['a', 'b'] }] }, 'c'] }), '(a or b) and c');
  assert.equal(treeText({ all: ['a'] }), 'a');
  assert.equal(treeText('a'), 'a');
});
