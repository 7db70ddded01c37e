/** Which gates must pass is asked in groups; harm is harm wherever it stands, and asking nothing passes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GateTree } from '../../../workflows/contract/plan.js';
import type { VerdictKind } from '../../../workflows/contract/verdicts.js';
import { Bench, both, gate, plan, rate } from './world.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;
type Name = (typeof NAMES)[number];
/** What a gate's own metric shows: proven tolerable, proven harmful, next to nothing, or no window at all. */
type Shown = 'good' | 'bad' | 'little' | 'nothing';

const FOUR = plan(
  Object.fromEntries(NAMES.map((name) => [name, rate()])),
  Object.fromEntries(
    NAMES.map((name) => [
      name,
      gate({ metric: name, promoteWhen: { provenWithin: '2pp' }, rollbackWhen: { provenWorseBy: '0.8pp' } }),
    ]),
  ),
);

const WINDOWS = {
  good: both([1_000, 5], [1_000, 5]),
  bad: both([1_000, 5], [1_000, 200]),
  little: both([10, 0], [10, 0]),
};

function stepOf(passWhen: GateTree | undefined, shown: Partial<Record<Name, Shown>>): Bench {
  const bench = new Bench(FOUR).open({ gates: [...NAMES], ...(passWhen === undefined ? {} : { passWhen }) });
  let index = 0;
  for (let look = 0; look < 20; look += 1)
    for (const name of NAMES) {
      const what = shown[name] ?? 'nothing';
      if (what !== 'nothing')
        bench.judge.update(bench.state, {
          version: 1,
          metric: name,
          index: (index += 1),
          startMs: look * 1_000,
          endMs: (look + 1) * 1_000,
          phase: 'bake',
          share: 0.5,
          observation: WINDOWS[what],
        });
    }
  return bench;
}

const CASES: [what: string, passWhen: GateTree | undefined, shown: Partial<Record<Name, Shown>>, VerdictKind][] = [
  ['all four pass, all asked by default', undefined, { a: 'good', b: 'good', c: 'good', d: 'good' }, 'pass'],
  ['one of all is undecided', undefined, { a: 'good', b: 'good', c: 'good', d: 'little' }, 'inconclusive'],
  ['any of two, one without data', { any: ['a', 'b'] }, { a: 'good' }, 'pass'],
  ['any of two, both without data', { any: ['a', 'b'] }, { c: 'good', d: 'good' }, 'inconclusive'],
  ['any of two, one undecided', { any: ['a', 'b'] }, { a: 'little', b: 'good' }, 'pass'],
  ['two of three, two pass', { atLeast: 2, of: ['a', 'b', 'c'] }, { a: 'good', c: 'good' }, 'pass'],
  ['two of three, one passes', { atLeast: 2, of: ['a', 'b', 'c'] }, { a: 'good', b: 'little' }, 'inconclusive'],
  ['one group of two is met', { any: [{ all: ['a', 'b'] }, { all: ['c', 'd'] }] }, { c: 'good', d: 'good' }, 'pass'],
  ['half of each group', { any: [{ all: ['a', 'b'] }, { all: ['c', 'd'] }] }, { a: 'good', c: 'good' }, 'inconclusive'],
  ['every group needs one', { all: ['a', { any: ['b', 'c'] }] }, { a: 'good', b: 'good' }, 'pass'],
  ['the one that all need is missing', { all: ['a', { any: ['b', 'c'] }] }, { b: 'good', c: 'good' }, 'inconclusive'],
  ['harm in a gate that the passing group does not need', { any: ['a', 'b'] }, { a: 'good', b: 'bad' }, 'fail'],
  ['harm in a gate that no group names', { any: ['a', 'b'] }, { a: 'good', b: 'good', d: 'bad' }, 'fail'],
  ['an empty all', { all: [] }, { a: 'good', b: 'good', c: 'good', d: 'good' }, 'inconclusive'],
  ['an empty any', { any: [] }, { a: 'good', b: 'good', c: 'good', d: 'good' }, 'inconclusive'],
  ['at least none', { atLeast: 0, of: ['a'] }, { a: 'good', b: 'good', c: 'good', d: 'good' }, 'inconclusive'],
  ['an empty group inside a group', { any: [{ all: [] }, 'b'] }, { a: 'good' }, 'inconclusive'],
  ['a gate the plan does not know', { any: ['nonsense'] }, { a: 'good', b: 'good' }, 'inconclusive'],
];

for (const [what, passWhen, shown, verdict] of CASES)
  test(`${what}: ${verdict}`, () => {
    const bench = stepOf(passWhen, shown);
    assert.equal(bench.verdict().verdict, verdict, bench.verdict().sentence);
    assert.equal(bench.judge.verdict(bench.state), verdict);
  });

test('a pass by some of the gates says which were asked for, and leaves the others as they stand', () => {
  const { sentence, gates, decidedBy } = stepOf({ any: ['a', 'b'] }, { a: 'good' }).verdict();
  assert.match(sentence, /^What this step asks for has passed \(a or b\): /);
  assert.deepEqual(
    gates.map(({ verdict }) => verdict),
    ['pass', 'inconclusive', 'inconclusive', 'inconclusive'],
  );
  assert.equal(decidedBy, null);
});

test('a failure names the gate that proved harm, not one that was merely waited for', () => {
  const { decidedBy } = stepOf({ any: ['a', 'b'] }, { a: 'little', d: 'bad' }).verdict();
  assert.deepEqual(decidedBy, { gate: 'd', slice: null });
});

const tree: fc.Arbitrary<GateTree> = fc.letrec<{ tree: GateTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<GateTree>(...NAMES),
    fc.record({ all: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({ atLeast: fc.integer({ min: -1, max: 3 }), of: fc.array(tie('tree'), { maxLength: 3 }) }),
  ),
})).tree;
const showing = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom<Shown>('good', 'bad', 'little', 'nothing')])),
);

test('whatever is asked: harm anywhere fails, nothing good passes nothing, and more that is good never withholds a pass', () => {
  fc.assert(
    fc.property(tree, showing, (asked, shown) => {
      const verdict = stepOf(asked, shown).verdict().verdict;
      const all = Object.values(shown);
      assert.equal(verdict === 'fail', all.includes('bad'));
      if (!all.includes('good')) assert.notEqual(verdict, 'pass');
      if (verdict !== 'pass') return;
      const better = Object.fromEntries(NAMES.map((name) => [name, 'good' as const]));
      assert.equal(stepOf(asked, better).verdict().verdict, 'pass');
    }),
    { numRuns: 100, seed: 11 },
  );
});
