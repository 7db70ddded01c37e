/** Yardsticks must be taken from today's baseline and from the users that are compared, or they measure something else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { notesOnPast } from '../../../activities/past/notes.js';
import { baselineSinceMs, isCalibrated, pastWindows } from '../../../activities/past/windows.js';
import type { CollectedWindow } from '../../../activities/sources/adapter.js';
import { type Counts, cell } from '../../unit/judge/world.js';
import type { Cell, Observation, Window } from '../../../workflows/contract/windows.js';
import { count, drift, fairness, quantile, rate, ratio, score, slo } from '../sources/builders.js';

const reading = { kind: 'sql', query: '', file: null } as const;
const lost = rate(reading);

const at = (index: number, ...cells: Cell[]): CollectedWindow => seenAt(index, { kind: 'value', cells });
const seenAt = (index: number, observation: Observation): CollectedWindow => ({
  index,
  startMs: index * 1_000,
  endMs: (index + 1) * 1_000,
  observations: { lost: observation },
});
const baseline = (counts: Counts, slice: string | null = null) => cell('baseline', counts, slice);
const shown = (windows: Window[]) =>
  windows.map(({ index, observation }) =>
    [
      index,
      ...(observation.kind === 'value' ? observation.cells.map(({ arm, via, slice }) => `${arm} ${via} ${slice}`) : []),
    ].join(' '),
  );

describe('the past of a metric', () => {
  test('is what the baseline counted by share, oldest first, as windows that only calibrate', () => {
    const candidate = cell('candidate', [9, 1]);
    const windows = pastWindows('lost', lost, [at(8, baseline([5, 0])), at(7, candidate, baseline([10, 1]))], 0);
    assert.deepEqual(windows[0], {
      version: 1,
      metric: 'lost',
      index: 7,
      startMs: 7_000,
      endMs: 8_000,
      phase: 'baseline',
      share: 0,
      observation: { kind: 'value', cells: [baseline([10, 1])] },
    });
    assert.deepEqual(shown(windows), ['7 baseline share null', '8 baseline share null']);
  });

  test('knows nothing of users whom no rollout assigns: without key, or in a cohort', () => {
    const others = [cell('baseline', [10, 1], null, 'none'), cell('baseline', [10, 1], null, 'cohort:staff')];
    assert.deepEqual(pastWindows('lost', lost, [at(7, ...others)], 0), []);
    assert.deepEqual(shown(pastWindows('lost', lost, [at(7, ...others, baseline([5, 0]))], 0)), [
      '7 baseline share null',
    ]);
  });

  test('has no window in which nothing was counted or nothing could be read', () => {
    const silent = [
      seenAt(1, { kind: 'noData', reason: 'no rows' }),
      seenAt(2, { kind: 'error', retryable: false, message: 'more events than units' }),
      at(3, baseline([0, 0])),
      { ...at(4), observations: {} },
    ];
    assert.deepEqual(pastWindows('lost', lost, silent, 0), []);
  });

  test('names no slice that was too thin throughout, for it would be waited for in vain', () => {
    const sliced = { ...lost, slices: { by: ['lang'], minUnits: 20, onThin: 'extend' as const } };
    const both = (index: number) =>
      at(index, baseline([12, 0]), baseline([11, 0], 'lang=en'), baseline([1, 0], 'lang=tlh'));
    assert.deepEqual(shown(pastWindows('lost', sliced, [both(1), both(2)], 0)), [
      '1 baseline share null baseline share lang=en',
      '2 baseline share null baseline share lang=en',
    ]);
  });
});

describe('what the baseline was before', () => {
  const everybody = (index: number, units: number) => at(index, cell('candidate', [units, 0]));

  test('a rollout that had reached everybody ends the past: the arm was another version', () => {
    const collected = [at(5, baseline([90, 0])), everybody(6, 90), everybody(7, 90), at(8, baseline([90, 0]))];
    const sinceMs = baselineSinceMs(collected);
    assert.equal(sinceMs, 8_000);
    assert.deepEqual(shown(pastWindows('lost', lost, collected, sinceMs)), ['8 baseline share null']);
  });

  test('one that had reached some, chosen users, or by chance the few of a quiet window, does not', () => {
    const some = at(6, cell('candidate', [90, 0]), baseline([1, 0]));
    const staff = at(6, cell('candidate', [90, 0], null, 'cohort:staff'));
    for (const window of [some, staff, everybody(6, 19)]) assert.equal(baselineSinceMs([window]), 0);
  });
});

test('kinds that take no yardstick from the baseline are not asked', () => {
  const kinds = [lost, quantile(reading), score(reading), count(reading), ratio(reading), drift(reading)];
  assert.deepEqual(
    kinds.map((metric) => isCalibrated(metric)),
    kinds.map(() => true),
  );
  assert.deepEqual([slo(reading), fairness(reading, ['lang'])].map(isCalibrated), [false, false]);
});

describe('admission says', () => {
  test('how much of the past calibrates, once for all metrics that are alike', () => {
    const kept = pastWindows(
      'lost',
      lost,
      Array.from({ length: 212 }, (_, index) => at(index, baseline([10, 1]))),
      0,
    );
    const past = { metric: lost, windows: kept, trouble: null };
    assert.deepEqual(
      notesOnPast([
        { name: 'lost', ...past },
        { name: 'kept', ...past },
      ]),
      ['Calibrated from 212 windows of the past: lost, kept.'],
    );
  });

  test('what is missing, and why', () => {
    const none = { metric: lost, windows: [] };
    const told = notesOnPast([
      { name: 'lost', ...none, trouble: null },
      { name: 'kept', ...none, trouble: 'the database is gone' },
    ]);
    assert.deepEqual(told, [
      'No past could be read of lost: the baseline counted nothing by share.',
      'No past could be read of kept: the database is gone.',
    ]);
    const one = pastWindows('lost', lost, [at(1, baseline([10, 1]))], 0);
    assert.deepEqual(notesOnPast([{ name: 'lost', metric: lost, windows: one, trouble: 'time was up after 6 s' }]), [
      'The past is too short to calibrate from, 1 window of lost: time was up after 6 s.',
    ]);
  });
});
