import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import type { ErrorCode } from '../../../workflows/contract/errors.js';
import { edit, evaluator, exposing, flagFile, order, R1, R2, targetOf } from './support.js';

function refused(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApplicationFailure, String(error));
    assert.equal(error.type, code, error.message);
    return true;
  };
}

test('an untouched flag is serving at revision 0 and its default variant is the baseline', async (t) => {
  const read = await flagdFileStore(flagFile(t)).read(targetOf());
  assert.deepEqual([read.state.mode, read.state.revision, read.state.rolloutId], ['serving', 0, null]);
  assert.deepEqual([read.defaultVersion, read.intact, read.served], ['rules-1', true, { share: 0, cohorts: [] }]);
});

test('a write is read back whole, and verified in the evaluation plane', async (t) => {
  const store = flagdFileStore(flagFile(t));
  const state = await store.apply(order(exposing(0.25, ['staff']), 0));
  const read = await store.read(targetOf());
  assert.deepEqual(read.state, state);
  assert.deepEqual([read.intact, read.served], [true, { share: 0.25, cohorts: ['staff'] }]);
  assert.equal((await store.verify(targetOf(), { share: 0.25, cohorts: ['staff'] })).ok, true);
  const other = await store.verify(targetOf(), { share: 0.26, cohorts: ['staff'] });
  assert.deepEqual([other.ok, other.served.share < 0.26], [false, true]);
  assert.equal((await store.verify(targetOf(), { share: 0.25, cohorts: [] })).ok, false);
});

test('the same write id again changes nothing', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  const first = await store.apply(order(exposing(0.25), 0));
  const text = readFileSync(file, 'utf8');
  assert.deepEqual(await store.apply(order(exposing(0.25, [], 999_000), 0)), first);
  assert.equal(readFileSync(file, 'utf8'), text);
});

test('refuses another revision than the workflow expected', async (t) => {
  const store = flagdFileStore(flagFile(t));
  await store.apply(order(exposing(0.25), 0));
  await assert.rejects(store.apply({ ...order(exposing(0.5), 0), writeId: 'late' }), refused('exposureConflict'));
});

test('refuses a flag that another rollout exposes, and takes it once that one is rolled back', async (t) => {
  const store = flagdFileStore(flagFile(t));
  await store.apply(order(exposing(0.25), 0));
  await assert.rejects(store.apply(order(exposing(0.1), 1, targetOf(R2))), refused('targetTaken'));
  const zero = await store.restoreToZero(targetOf(), 'back');
  assert.deepEqual([zero.revision, zero.closedFor, zero.share, zero.leaseUntilMs], [2, R1, 0, null]);
  assert.equal((await store.apply(order(exposing(0.1), 2, targetOf(R2)))).rolloutId, R2);
});

test('never raises again for a rollout that was rolled back', async (t) => {
  const store = flagdFileStore(flagFile(t));
  await store.apply(order(exposing(0.25), 0));
  const { revision } = await store.restoreToZero(targetOf(), 'back');
  await assert.rejects(store.apply(order(exposing(0.5), revision)), refused('exposureClosed'));
  await assert.rejects(store.renewLease(targetOf(), revision, Date.now() + 60_000), refused('exposureClosed'));
});

test('a lapsed lease is neither renewed nor raised over', async (t) => {
  const file = flagFile(t);
  const leaseUntilMs = Date.now() + 60_000;
  await flagdFileStore(file).apply(
    order({ mode: 'exposing', share: 0.5, cohorts: [], leaseUntilMs, onSilence: 'baseline' }, 0),
  );
  const later = flagdFileStore(file, { now: () => leaseUntilMs + 1 });
  await assert.rejects(later.renewLease(targetOf(), 1, leaseUntilMs + 60_000), refused('leaseLapsed'));
  await assert.rejects(later.apply(order(exposing(0.75), 1)), refused('leaseLapsed'));
  await assert.rejects(later.apply(order({ mode: 'promoted', holdBack: 0 }, 1)), refused('leaseLapsed'));
});

test('refuses a lease that has run out before the write', async (t) => {
  await assert.rejects(flagdFileStore(flagFile(t)).apply(order(exposing(0.5, [], -1000), 0)), refused('leaseLapsed'));
});

test('renewal moves the lease, keeps the revision, and never shortens', async (t) => {
  const store = flagdFileStore(flagFile(t));
  const before = await store.apply(order(exposing(0.5, [], 60_000), 0));
  const longer = (before.leaseUntilMs ?? 0) + 5_500;
  const after = await store.renewLease(targetOf(), 1, longer);
  assert.deepEqual(after, { ...before, leaseUntilMs: Math.floor(longer / 1000) * 1000 });
  assert.deepEqual(await store.renewLease(targetOf(), 1, longer - 3000), after);
  assert.equal((await store.read(targetOf())).intact, true);
  await assert.rejects(store.renewLease(targetOf(), 7, longer), refused('exposureConflict'));
});

test('a renewal does not undo an edit that lowered the exposure', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.5), 0));
  edit(file, (flag) => {
    flag.targeting.if[1].if[2].fractional = [
      flag.targeting.if[1].if[2].fractional[0],
      ['nb-2', 1000],
      ['rules-1', 99_000],
    ];
  });
  await store.renewLease(targetOf(), 1, Date.now() + 900_000);
  const read = await store.read(targetOf());
  assert.equal(read.intact, false);
  assert.ok(read.served.share < 0.05, `${read.served.share}`);
});

test('sees an edit upwards and a cohort added by hand', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.1), 0));
  edit(file, (flag) => {
    flag.variants['nb-2:friends'] = 'nb-2';
    flag.targeting.if[1].if[2].fractional.splice(1, 2, ['nb-2', 40_000], ['rules-1', 60_000]);
    flag.targeting.if[1].if.splice(2, 0, { '===': [{ var: 'cohort' }, 'friends'] }, 'nb-2:friends');
  });
  const read = await store.read(targetOf());
  assert.deepEqual([read.intact, read.served.cohorts], [false, ['friends']]);
  assert.ok(Math.abs(read.served.share - 0.4) < 0.04, `${read.served.share}`);
});

test('a share that is all the edit changed by the smallest visible step is ordered rightly', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.25), 0));
  edit(file, (flag) => flag.targeting.if[1].if[2].fractional.splice(1, 2, ['nb-2', 24_000], ['rules-1', 76_000]));
  assert.ok((await store.read(targetOf())).served.share < 0.25);
});

test('refuses what a flag cannot carry', async (t) => {
  const store = flagdFileStore(flagFile(t));
  const attempt = (desired: ReturnType<typeof exposing>, target = targetOf()) => store.apply(order(desired, 0, target));
  await assert.rejects(attempt(exposing(0.1, ['none'])), refused('unsupported'));
  await assert.rejects(attempt(exposing(0.1, ['a:b'])), refused('unsupported'));
  await assert.rejects(attempt(exposing(0.000001)), refused('unsupported'));
  await assert.rejects(attempt(exposing(Number.NaN)), refused('unsupported'));
  await assert.rejects(attempt(exposing(0.1), targetOf(R1, 'nb-2', 'nb-2')), refused('unsupported'));
  await assert.rejects(
    attempt(exposing(0.1), { ...targetOf(), cohortAttribute: '$flagd.timestamp' }),
    refused('unsupported'),
  );
});

test('refuses a flag with rules of its own, a disabled one and a missing one', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  edit(file, (flag) => Object.assign(flag, { targeting: { if: [{ var: 'x' }, 'rules-1', null] } }));
  await assert.rejects(store.apply(order(exposing(0.1), 0)), refused('exposureConflict'));
  assert.equal((await store.read(targetOf())).intact, false);
  edit(file, (flag) => Object.assign(flag, { targeting: {}, state: 'DISABLED' }));
  await assert.rejects(store.apply(order(exposing(0.1), 0)), refused('exposureConflict'));
  await assert.rejects(
    store.apply(order(exposing(0.1), 0, { ...targetOf(), flag: '__proto__' })),
    refused('exposureConflict'),
  );
});

test('promotion serves the candidate to all by default, with a clean flag and no lease', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(1, ['staff']), 0));
  const state = await store.apply(order({ mode: 'promoted', holdBack: 0 }, 1));
  assert.deepEqual([state.mode, state.share, state.leaseUntilMs, state.cohorts], ['promoted', 0, null, []]);
  const flag = JSON.parse(readFileSync(file, 'utf8')).flags['spam-filter'];
  assert.deepEqual([flag.variants, flag.defaultVariant, flag.targeting], [{ 'nb-2': 'nb-2' }, 'nb-2', undefined]);
  const next = await store.read(targetOf(R2, 'nb-2', 'nb-3'));
  assert.deepEqual([next.defaultVersion, next.intact, next.served.share], ['nb-2', true, 0]);
  assert.equal((await store.apply(order(exposing(0.1), 2, targetOf(R2, 'nb-2', 'nb-3')))).revision, 3);
});

test('nobody who had the candidate loses it to the hold-back', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.9, ['staff']), 0));
  const before = evaluator(file);
  const users = Array.from({ length: 500 }, (_, index) => ({
    targetingKey: `${index}`,
    ...(index % 9 ? {} : { cohort: 'staff' }),
  }));
  const had = users.filter((user) => before(user).value === 'nb-2');
  await store.apply(order({ mode: 'promoted', holdBack: 0.1 }, 1));
  const after = evaluator(file);
  assert.ok(had.length > 400 && had.every((user) => after(user).value === 'nb-2'));
  assert.ok(users.some((user) => after(user).value === 'rules-1'));
  assert.deepEqual(after({}), { value: 'nb-2', variant: 'nb-2:none' });
  assert.equal((await store.verify(targetOf(), { share: 0.9, cohorts: ['staff'] })).ok, true);
  await store.apply({ ...order({ mode: 'promoted', holdBack: 0 }, 2), writeId: 'settle' });
  assert.ok(users.every((user) => evaluator(file)(user).value === 'nb-2'));
});

test('a rollout that exposes nothing cannot be promoted', async (t) => {
  const store = flagdFileStore(flagFile(t));
  await assert.rejects(store.apply(order({ mode: 'promoted', holdBack: 0 }, 0)), refused('exposureConflict'));
});
