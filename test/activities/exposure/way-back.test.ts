import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../../activities/failures.js';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { edit, evaluator, exposing, flagFile, OTHER_FLAG, order, R1, R2, targetOf } from './support.js';

const ZERO = { share: 0, cohorts: [] };

test('restores whatever people have done to the flag', async (t) => {
  const edits: Record<string, (flag: any, document: any) => void> = {
    everybody: (flag) => Object.assign(flag, { targeting: {}, defaultVariant: 'nb-2' }),
    'metadata gone': (flag) => Object.assign(flag, { metadata: {} }),
    'metadata of the wrong types': (flag) => Object.assign(flag.metadata, { sluiceShare: 'x', sluiceRevision: 41 }),
    'variants gone': (flag) => Object.assign(flag, { variants: {}, defaultVariant: 'none-such' }),
    'not an object': (_flag, document) => Object.assign(document.flags, { 'spam-filter': 7 }),
    'flag gone': (_flag, document) => delete document.flags['spam-filter'],
    disabled: (flag) => Object.assign(flag, { state: 'DISABLED' }),
  };
  for (const [name, change] of Object.entries(edits)) {
    const file = flagFile(t);
    const store = flagdFileStore(file);
    await store.apply(order(exposing(0.5, ['staff']), 0));
    edit(file, change);
    const state = await store.restoreToZero(targetOf(), 'back');
    assert.deepEqual([state.closedFor, state.mode, state.share], [R1, 'serving', 0], name);
    assert.ok(name !== 'metadata of the wrong types' || state.revision === 42);
    assert.equal((await store.verify(targetOf(), ZERO)).ok, true, name);
    if (name !== 'disabled')
      assert.equal(evaluator(file)({ targetingKey: 'x', cohort: 'staff' }).value, 'rules-1', name);
    await assert.rejects(
      store.apply(order(exposing(0.5), state.revision)),
      (error) => isFailure(error, 'exposureClosed'),
      name,
    );
  }
});

test('a broken file is kept aside and the last good copy comes back at zero', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.5), 0));
  writeFileSync(file, '{"flags": {');
  await assert.rejects(store.read(targetOf()), (error) => isFailure(error, 'exposureUnreachable'));
  await assert.rejects(store.apply(order(exposing(0.6), 1)), (error) => isFailure(error, 'exposureUnreachable'));
  await store.restoreToZero(targetOf(), 'back');
  assert.equal(readFileSync(`${file}.broken-1`, 'utf8'), '{"flags": {');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).flags.other, OTHER_FLAG);
  assert.equal((await store.verify(targetOf(), ZERO)).ok, true);
});

test('a missing file is made again, with the last good copy or without', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.5), 0));
  rmSync(file);
  await store.restoreToZero(targetOf(), 'back');
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).flags.other, OTHER_FLAG);
  rmSync(file);
  rmSync(`${file}.last-good`);
  await store.restoreToZero(targetOf(), 'again');
  assert.equal(evaluator(file)({ targetingKey: 'x' }).value, 'rules-1');
});

test('leaves the exposure of a later rollout alone, and says so', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.5), 0));
  await store.restoreToZero(targetOf(), 'back');
  await store.apply(order(exposing(0.25), 2, targetOf(R2)));
  const state = await store.restoreToZero(targetOf(), 'late');
  assert.deepEqual([state.rolloutId, state.share], [R2, 0.25]);
  const { ok, sentence } = await store.verify(targetOf(), ZERO);
  assert.ok(ok && sentence.includes(R2), sentence);
  await store.apply(order({ mode: 'promoted', holdBack: 0 }, 3, targetOf(R2)));
  assert.equal((await store.restoreToZero(targetOf(), 'later')).mode, 'promoted');
  assert.equal(evaluator(file)({ targetingKey: 'x' }).value, 'nb-2');
});

test('closes the flag for a rollout that never raised, after an earlier one was promoted', async (t) => {
  const store = flagdFileStore(flagFile(t));
  await store.apply(order(exposing(0.5), 0));
  await store.apply(order({ mode: 'promoted', holdBack: 0 }, 1));
  const next = targetOf(R2, 'nb-2', 'nb-3');
  assert.equal((await store.restoreToZero(next, 'back')).closedFor, R2);
  assert.equal((await store.read(next)).defaultVersion, 'nb-2');
});

test('the same rollback again bumps nothing, and an edit in between is written over', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  await store.apply(order(exposing(0.5), 0));
  const first = await store.restoreToZero(targetOf(), 'back');
  assert.deepEqual(await store.restoreToZero(targetOf(), 'back'), first);
  edit(file, (flag) => Object.assign(flag, { variants: { 'nb-2': 'nb-2' }, defaultVariant: 'nb-2' }));
  assert.equal((await store.restoreToZero(targetOf(), 'back')).revision, 3);
  assert.equal(evaluator(file)({ targetingKey: 'x' }).value, 'rules-1');
});

test('the dry run writes nothing and fails where the way back would', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  const before = readFileSync(file, 'utf8');
  await store.dryRunRestore(targetOf());
  assert.equal(readFileSync(file, 'utf8'), before);
  assert.deepEqual(readdirSync(dirname(file)), ['flags.json']);
  const moved = `${file}.moved`;
  renameSync(file, moved);
  symlinkSync(moved, file);
  await assert.rejects(store.dryRunRestore(targetOf()), (error) => isFailure(error, 'exposureUnreachable'));
});

test('keeps the permissions of the file', async (t) => {
  const file = flagFile(t);
  chmodSync(file, 0o640);
  await flagdFileStore(file).apply(order(exposing(0.5), 0));
  const { statSync } = await import('node:fs');
  assert.equal(statSync(file).mode & 0o777, 0o640);
});

test('says retryably that a directory is not there', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(`${dirname(file)}/none/flags.json`);
  const unreachable = (error: unknown) => isFailure(error, 'exposureUnreachable') && error.nonRetryable !== true;
  await assert.rejects(store.restoreToZero(targetOf(), 'back'), unreachable);
  await assert.rejects(store.read(targetOf()), unreachable);
  assert.equal(existsSync(`${dirname(file)}/none`), false);
});

test('a document that evaluators cannot read is never called verified', async (t) => {
  const file = flagFile(t);
  const store = flagdFileStore(file);
  edit(file, (_flag, document) => Object.assign(document.flags, { broken: { state: 'MAYBE', variants: {} } }));
  await store.restoreToZero(targetOf(), 'back');
  await assert.rejects(store.verify(targetOf(), ZERO), (error) => isFailure(error, 'exposureUnreachable'));
});
