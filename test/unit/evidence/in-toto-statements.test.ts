/** What the in-toto statements say, to tools that know nothing of Sluice; and that one digest rule serves store and bundle. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as stored from '../../../activities/store/manifest.js';
import { digestOfManifest, isNoEvidence, manifestOf } from '../../../evidence/manifest.js';
import {
  STAGE_DECISION,
  type StageDecision,
  type Statement,
  STATEMENT_TYPE,
  statementsOf,
  TEST_RESULT,
  type TestResult,
} from '../../../evidence/statements.js';
import type { Admission } from '../../../workflows/contract/activities.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout, thePlan } from './fixture.js';
import { fingerprintOf, type Files, journalIn, textIn } from './keeping.js';

const ring = keyRing();
after(() => ring.remove());

function statementsIn(files: Files): Statement[] {
  return JSON.parse(textIn(files.get('documents/statements.json') ?? new Uint8Array())) as Statement[];
}

describe('in-toto statements', () => {
  const files = keptRollout(ring);
  const made = statementsIn(files);

  it('are all about the digest of the candidate', () => {
    for (const { _type, subject } of made) {
      assert.equal(_type, STATEMENT_TYPE);
      assert.deepEqual(subject, [{ name: 'spam-filter@nb-2', digest: { sha256: 'c'.repeat(64) } }]);
    }
  });

  it('hold a test result for each gate and a decision for each stage', () => {
    const kinds = made.map(({ predicateType }) => predicateType);
    assert.deepEqual(kinds, [TEST_RESULT, STAGE_DECISION, TEST_RESULT, STAGE_DECISION]);
    const results = made
      .filter(({ predicateType }) => predicateType === TEST_RESULT)
      .map(({ predicate }) => predicate as TestResult);
    assert.deepEqual(
      results.map(({ result, passedTests }) => [result, passedTests]),
      [
        ['PASSED', ['internal/errors-low']],
        ['PASSED', ['beta/errors-low']],
      ],
    );
  });

  it('name who decided, with which key, on which evidence', () => {
    const [internal, beta] = made
      .filter(({ predicateType }) => predicateType === STAGE_DECISION)
      .map(({ predicate }) => predicate as StageDecision);
    assert.deepEqual([internal?.decisions, internal?.request], [[], null]);
    assert.deepEqual(beta?.decisions, [
      { seq: 9, by: 'p-ada', decision: 'approve', assurance: 'signed', key: fingerprintOf(ring, 'ada') },
    ]);
    assert.match(beta?.request?.evidence ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(
      beta?.exposures.map(({ share, seq }) => [share, seq]),
      [[0.25, 11]],
    );
  });

  it('say FAILED for the gate that rolled it back, and that beta was never raised', () => {
    const back = statementsIn(keptRollout(ring, { isHarmful: true }));
    const results = back
      .filter(({ predicateType }) => predicateType === TEST_RESULT)
      .map(({ predicate }) => predicate as TestResult);
    assert.deepEqual(
      results.map(({ result, failedTests }) => [result, failedTests]),
      [['FAILED', ['internal/errors-low']]],
    );
    const decisions = back
      .filter(({ predicateType }) => predicateType === STAGE_DECISION)
      .map(({ predicate }) => predicate as StageDecision);
    assert.deepEqual(
      decisions.map(({ stage, result, verdict }) => [stage, result, verdict]),
      [
        ['internal', 'raised', 'fail'],
        ['beta', 'notRaised', null],
      ],
    );
  });

  it('are the same for whoever makes them again, and none for a rollout that was refused', () => {
    const admission = JSON.parse(textIn(files.get('documents/admission.json') ?? new Uint8Array())) as Admission;
    assert.deepEqual(JSON.parse(JSON.stringify(statementsOf(thePlan(), admission, journalIn(files)))), made);
    assert.deepEqual(statementsOf(thePlan(), null, journalIn(files)), []);
  });
});

describe('the digest of the evidence', () => {
  it('is the same over a directory and over the files of a bundle', async () => {
    const files: Files = new Map(keptRollout(ring));
    files.set('state/cache.json', new Uint8Array([1]));
    files.set('windows/internal-0-1/.raw/traffic/0.txt', new Uint8Array([2]));
    const directory = mkdtempSync(join(tmpdir(), 'sluice-digest-'));
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), bytes);
    }
    const entries = await stored.manifestOf(directory, isNoEvidence);
    rmSync(directory, { recursive: true });
    assert.equal(stored.digestOfManifest(entries), digestOfManifest(manifestOf(files)));
  });

  it('counts raw pages, and leaves out caches, checkpoints, lists and the history', () => {
    const counted = manifestOf(keptRollout(ring)).map(({ path }) => path);
    assert.equal(
      counted.some((path) => /checkpoint-|frozen-|history|^state/.test(path)),
      false,
    );
    assert.equal(isNoEvidence('windows/internal-0-1/.raw/traffic/0.txt'), false);
    assert.equal(isNoEvidence('documents/frozen-plan/x.json'), false);
  });
});
