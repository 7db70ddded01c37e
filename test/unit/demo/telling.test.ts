/** What the demo says: only what changed, with the judge's own sentences, and the end with its times. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountOf } from '../../../demo/account.js';
import { createNarrator } from '../../../demo/narrator.js';
import type { Standing } from '../../../demo/sluice.js';
import { exposureText, tell, waitsFor } from '../../../demo/telling.js';
import { GENESIS } from '../../../workflows/contract/decisions.js';
import type { GateVerdict, StepVerdict } from '../../../workflows/contract/verdicts.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { RolloutView } from '../../../workflows/contract/view.js';

function gate(change: Partial<GateVerdict>): GateVerdict {
  return {
    gate: 'mail-lost',
    slice: null,
    verdict: 'inconclusive',
    sentence: 'needs more mail',
    ...change,
  } as GateVerdict;
}

function verdict(kind: StepVerdict['verdict'], gates: GateVerdict[], asOfMs = 1): StepVerdict {
  return { verdict: kind, gates, asOfMs } as StepVerdict;
}

function standing(view: Partial<RolloutView>, more: Partial<Standing> = {}): Standing {
  const base = {
    verdict: null,
    asked: { share: 0, cohorts: [] },
    request: null,
    holds: [],
    promotedAtMs: null,
    lowering: null,
  };
  return {
    rolloutId: 'r',
    status: 'baking',
    stage: 'beta',
    live: null,
    ending: null,
    view: { ...base, ...view } as RolloutView,
    ...more,
  };
}

const lines = tell;

describe('what the demo says', () => {
  it('is nothing when nothing changed', () => {
    const now = standing({ asked: { share: 0.25, cohorts: ['staff'] } });
    assert.deepEqual(lines(now, structuredClone(now)), []);
  });

  it('names the exposure of both kinds, and nobody', () => {
    assert.equal(exposureText({ share: 0.25, cohorts: ['staff'] }), 'cohort staff and 25 % of the mailboxes');
    assert.equal(exposureText({ share: 0, cohorts: [] }), 'nobody: everybody gets the baseline');
  });

  it('tells a passed step once, with the sentence of every gate', () => {
    const pass = verdict('pass', [gate({ verdict: 'pass', slice: 'mailType=hard-ham', sentence: '6 % against 17 %' })]);
    const [before, now] = [standing({}), standing({ verdict: pass })];
    assert.deepEqual(lines(before, now), ['the step passes:', '  mail-lost [mailType=hard-ham]: 6 % against 17 %']);
    assert.deepEqual(lines(now, structuredClone(now)), []);
  });

  it('tells the end with detect, decide and safe times', () => {
    const times = { detectedAtMs: 1_000, decidedAtMs: 1_500, safeAtMs: 2_000, zeroObservedAtMs: 4_000 };
    const lowering = { reason: 'hard ham', times } as NonNullable<RolloutView['lowering']>;
    const ended = standing(
      { lowering },
      { status: 'rolledBack', ending: { outcome: 'rolledBack', sentence: 'back.', lowering } },
    );
    const said = lines(standing({}), ended);
    assert.ok(said.includes('rolls back: hard ham'));
    assert.ok(said.includes('ended: rolledBack, back.'));
    assert.match(said.at(-1) ?? '', /decided 0\.5 s after .*zero in force 0\.5 s .*zero observed 2\.0 s/);
  });

  it('waits for the gate the judge names in the last poll, not at the last change of state', () => {
    const gates = [gate({ gate: 'errors' }), gate({ gate: 'latency', sentence: 'two more windows' })];
    const polled = { ...verdict('inconclusive', gates, 9), decidedBy: { gate: 'latency', slice: null } };
    const live = { heartbeat: { verdict: polled, observed: null }, lastFailure: null };
    const now = standing({ verdict: verdict('inconclusive', [gate({})]) }, { live });
    assert.equal(waitsFor(now), 'latency (and 1 more): two more windows');
    assert.equal(waitsFor({ ...now, status: 'after' }), null);
  });
});

describe('the account', () => {
  it('holds what was noted and recorded, by time, and not what was only said', () => {
    let [text, clock] = ['', 0];
    const narrator = createNarrator(
      (part) => (text += part),
      () => clock,
    );
    narrator.chapter('Act 1');
    clock = 65_000;
    narrator.note('rolled back');
    narrator.say('status: baking');
    narrator.record(60_000, 'verdict fail');
    assert.deepEqual(narrator.account(), ['Act 1', '   1:00  verdict fail', '   1:05  rolled back', '']);
    assert.match(text, /1:05 {2}status: baking/);
  });

  it("tells a journal by what was decided, and a gate's reason once", () => {
    const entry = (event: JournalEntry['event'], details: JournalEntry['details'], by: string | null = null) => {
      return { seq: 0, atMs: 5, event, by, details, prev: GENESIS, hash: GENESIS };
    };
    const journal = [
      entry('raising', { share: 0.25, cohorts: ['staff'] }),
      entry('decided', { decision: 'approve', stage: 'beta' }, 'grace'),
      entry('messageAccepted', { verb: 'approve' }, 'grace'),
      entry('verdict', { verdict: 'fail', sentence: 'hard ham' }),
      entry('rollbackStarted', { cause: 'gate', reason: 'hard ham' }),
    ];
    assert.deepEqual(
      accountOf(journal).map(({ line }) => line),
      [
        'raised: the candidate is for cohort staff and 25 % of the mailboxes',
        'grace: approve stage beta',
        'verdict fail: hard ham',
        'rollback begins',
      ],
    );
  });
});
