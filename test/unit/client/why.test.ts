/** `why` names what holds a rollout, who can act with which command, and what happens by itself. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { changes } from '../../../client/render/changes.js';
import { ways } from '../../../client/render/commands.js';
import { why } from '../../../client/render/why.js';
import { canvas, NOW, request, standing, verdict, view } from './standings.js';

const why100 = (over: Parameters<typeof standing>[0]): string => why(standing(over), canvas(300)).join('\n');

test('gives the judge its numbers while a bake is undecided', () => {
  const text = why100({});
  assert.match(text, /Waits for mail-lost on hard-ham: 340 more units\./);
  assert.match(text, /mail-lost \(mailType=hard-ham\): 1\.2 pp \[-0\.1 pp, 2\.5 pp\] at level 0\.01/);
  assert.match(text, /300 candidate, 900 baseline units/);
  assert.match(text, /passed: errors/);
  assert.match(text, /undecided by then: hold: 12:02:20Z/);
});

test('names the request in the command of those who are awaited', () => {
  const asked = view({ status: 'awaitingApproval', request: request(), awaited: ['risk'], verdict: null });
  const text = why100({ view: asked, status: 'awaitingApproval' });
  assert.match(text, /Stage general awaits risk/);
  assert.match(text, /risk +sluice approve spam-filter --tenant mail --request q-1 --as NAME/);
});

test('offers resume for what people hold and extend for a bake that ran out, never resume for the judge', () => {
  const hold = { owner: 'judge', reason: 'r', sinceMs: NOW };
  const byJudge = view({ status: 'held', holds: [{ ...hold, class: 'judge', cause: 'timeout' }] });
  const commands = (v: typeof byJudge): string[] =>
    ways(standing({ view: v })).map((way) => way.command.split(' ')[1] ?? '');
  assert.deepEqual(commands(byJudge), ['extend', 'rollback']);
  const byPerson = view({ status: 'held', holds: [{ ...hold, class: 'operator', cause: 'operator' }] });
  assert.deepEqual(commands(byPerson), ['resume', 'rollback']);
});

test('offers --direct, and only then, when nobody answers', () => {
  const down = standing({ view: null, heard: { temporal: false, worker: false, flag: true, evidence: true } });
  const direct = (s: typeof down): boolean => ways(s).some((way) => way.command.includes('--direct'));
  assert.equal(direct(down), true);
  assert.equal(direct(standing()), false);
});

test('says why it was rolled back and how fast', () => {
  const lowering = {
    cause: 'gate' as const,
    by: null,
    reason: 'mail-lost on hard-ham is proven worse by 40 pp',
    gate: 'mail-lost',
    slice: 'mailType=hard-ham',
    verdict: verdict({ verdict: 'fail' }),
    times: { detectedAtMs: NOW - 3_000, decidedAtMs: NOW - 2_800, safeAtMs: NOW - 1_000, zeroObservedAtMs: NOW },
  };
  const ending = {
    outcome: 'rolledBack' as const,
    exit: 10 as const,
    sentence: 'Rolled back.',
    lowering,
    closedAtMs: NOW,
  };
  const text = why100({ status: 'rolledBack', ending, view: null });
  assert.match(text, /proven worse by 40 pp/);
  assert.match(
    text,
    /decided 200 ms after the window that proved it · safe 1\.8 s after the decision · zero observed 2\.8 s/,
  );
  assert.doesNotMatch(text, /Who can act/);
});

test('prints one line for each change in a pipe, and none for numbers that merely move', () => {
  const first = standing();
  assert.ok(changes(null, first).length >= 4);
  const moved = verdict();
  const gates = moved.gates.map((g) => ({ ...g, sentence: 'About 300 more units would decide it.' }));
  const next = standing({ view: view({ verdict: { ...moved, gates }, observed: { share: 0.2501, how: 'traffic' } }) });
  assert.deepEqual(changes(first, next), []);
  const passed = standing({
    view: view({ verdict: { ...moved, gates: gates.map((g) => ({ ...g, verdict: 'pass' as const })) } }),
  });
  assert.deepEqual(changes(first, passed), [
    '12:00:00Z spam-filter gate mail-lost (mailType=hard-ham): pass: About 300 more units would decide it.',
  ]);
});

const decision = { messageId: 'm', requestId: 'q-1', decision: 'approve' as const, reason: null, atMs: NOW };
const KEY = 'SHA256:0123456789012345678901234567890123456789012';

test('says of each answer who signed it, and calls a bare name UNPROVEN', () => {
  const asked = { status: 'awaitingApproval' as const, request: request(), awaited: ['risk'] };
  const signed = view({
    ...asked,
    assurance: 'signed',
    unproven: false,
    decisions: [
      { ...decision, by: 'bo', assurance: 'signed', key: KEY },
      { ...decision, by: 'cy', assurance: 'hardware', key: KEY },
    ],
  });
  const text = why100({ view: signed, status: 'awaitingApproval' });
  assert.ok(text.includes(`Given: approve signed by bo (${KEY}).`));
  assert.ok(text.includes(`Given: approve signed by cy (${KEY}, security key).`));
  assert.match(text, /sluice approve spam-filter --tenant mail --request q-1 --as NAME --key FILE/);
  assert.match(text, /bo, cy +sluice revoke spam-filter/);
  assert.doesNotMatch(text, /UNPROVEN/);
  const named = view({ ...asked, decisions: [{ ...decision, by: 'bo', assurance: 'identity', key: null }] });
  const bare = why100({ view: named, status: 'awaitingApproval' });
  assert.match(bare, /Given: approve by bo, UNPROVEN\./);
  assert.doesNotMatch(bare, /--key/);
});

test('a freeze names its end and is nobody to resume; a lost quorum says that people are asked anew', () => {
  const hold = { class: 'policy' as const, owner: 'policy', sinceMs: NOW - 1_000 };
  const frozen = view({
    status: 'held',
    holds: [{ ...hold, cause: 'frozen', reason: 'Year end.', untilMs: NOW + 3_600_000 }],
  });
  const text = why100({ view: frozen, status: 'held' });
  assert.match(text, /Held by policy \(frozen\) for 1 s: Year end\./);
  assert.match(text, /whatever was approved/);
  assert.match(text, /the hold \(frozen\) lifts: 13:00:00Z \(in 1 h\)/);
  assert.doesNotMatch(text, /sluice resume/);
  const lost = view({
    status: 'held',
    holds: [{ ...hold, cause: 'quorumLost', reason: 'The key of bo was revoked.' }],
  });
  const asked = why100({ view: lost, status: 'held' });
  assert.match(asked, /does not count any more/);
  assert.match(asked, /sluice resume spam-filter --tenant mail +opens the next request/);
});
