/** The tree says where a rollout stands, whoever answers. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { paintFor } from '../../../client/render/paint.js';
import { tree } from '../../../client/render/tree.js';
import { widthOf } from '../../../client/render/text.js';
import { canvas, gate, NOW, request, standing, verdict, view } from './standings.js';

test('shows stages, exposure asked and observed, each gate with bounds, and the deadline', () => {
  assert.deepEqual(tree(standing(), canvas()), [
    'spam-filter nb-2 over rules-1: baking',
    'tenant mail · r-abcdefghijklmnopqrstuvwxyz, started by ana 11:57:00Z (3 min ago)',
    'UNPROVEN: approvers are who they say they are (development mode)',
    '',
    '✔ internal  cohorts staff',
    '▶ beta  25 % + staff',
    '    ✔ errors                         0.01 pp [-0.2 pp, 0.22 pp]  pass: provenWithin 0.5pp, roll back: provenWorseBy 0.2pp',
    '    … mail-lost (mailType=hard-ham)  1.2 pp [-0.1 pp, 2.5 pp]    pass: provenWithin 2pp, roll back: provenWorseBy 0.8pp',
    '        About 340 more units would decide it.',
    '    as of 11:59:58Z (2 s ago)',
    '  general  50 % + staff → 100 % + staff  asks 1 risk',
    '  after  guards  hold-back 5 %',
    '',
    'exposure  asked 25 % + staff, observed 24.8 % (by traffic)',
    'next      undecided by then: hold at 12:02:20Z (in 2 min 20 s)',
  ]);
});

test('takes the verdict of the heartbeat when it is fresher than the one the workflow knows', () => {
  const beat = {
    conditions: standing().view?.conditions ?? clear,
    observed: null,
    leaseUntilMs: NOW + 5_000,
    atMs: NOW,
  };
  const fresher = verdict({ asOfMs: NOW, gates: [gate({ sentence: 'Fresh from the poll.' })] });
  const live = {
    activity: 'bake',
    attempt: 4,
    heartbeat: { ...beat, verdict: fresher },
    lastFailure: null,
    nextAttemptMs: null,
  };
  const text = tree(standing({ live }), canvas()).join('\n');
  assert.match(text, /Fresh from the poll/);
  assert.match(text, /lease until 12:00:05Z/);
});

const clear = { blind: [], splitBroken: false, labelsBroken: false, armWrong: null, editedDown: null };

test('names who is awaited, for what, and what has been given', () => {
  const asked = view({
    status: 'awaitingApproval',
    stage: 'general',
    stageIndex: 2,
    request: request(),
    awaited: ['risk'],
    decisions: [
      {
        messageId: 'm',
        requestId: 'q-1',
        by: 'bo',
        decision: 'approve',
        reason: null,
        atMs: NOW,
        assurance: 'identity',
        key: null,
      },
    ],
  });
  const text = tree(standing({ view: asked, status: 'awaitingApproval', stage: 'general' }), canvas()).join('\n');
  assert.match(text, /awaited {3}risk for stage general \(up to 100 % \+ staff\)\ngiven {5}approve by bo, UNPROVEN/);
});

test('says that no worker answers and still shows what the last poll left', () => {
  const live = {
    activity: 'bake',
    attempt: 7,
    heartbeat: null,
    lastFailure: { type: 'NotYet', message: 'mail-lost waits for 340 more units' },
    nextAttemptMs: null,
  };
  const lines = tree(standing({ view: null, live, notes: ['No worker answers (no worker polls for it).'] }), canvas());
  assert.ok(lines.includes('! No worker answers (no worker polls for it).'));
  assert.ok(lines.includes('    mail-lost waits for 340 more units'));
});

test('shows an attempt that fails for another reason than that it is early', () => {
  const live = {
    activity: 'restoreBaseline',
    attempt: 3,
    heartbeat: null,
    lastFailure: { type: 'exposureUnreachable', message: 'disk gone' },
    nextAttemptMs: null,
  };
  assert.match(tree(standing({ live }), canvas()).join('\n'), /! restoreBaseline, attempt 3: disk gone/);
});

test('escapes what people and sources wrote', () => {
  const held = view({
    holds: [{ class: 'operator', owner: 'eve\u001b[31m', cause: 'operator', reason: 'x\u202ey', sinceMs: NOW }],
  });
  const text = tree(standing({ view: held }), canvas()).join('\n');
  assert.ok(!text.includes('\u001b'));
  assert.match(text, /eve\\u\{1b\}\[31m .*x\\u\{202e\}y/);
});

test('wraps sentences at the width of the terminal', () => {
  const long = view({
    holds: [{ class: 'judge', owner: 'judge', cause: 'blind', reason: 'word '.repeat(60).trim(), sinceMs: NOW }],
  });
  const held = tree(standing({ view: long }), canvas(60)).filter((line) => line.includes('word'));
  assert.ok(held.length > 3);
  for (const line of held) assert.ok(widthOf(line) <= 60, line);
});

test('paints nothing under NO_COLOR, even on a terminal', () => {
  assert.equal(paintFor({ isTTY: true }, { NO_COLOR: '1' }).red('x'), 'x');
  assert.equal(paintFor({ isTTY: true }, { TERM: 'dumb' }).red('x'), 'x');
  assert.notEqual(paintFor({ isTTY: true }, {}).red('x'), 'x');
  assert.equal(paintFor({}, {}).red('x'), 'x');
});
