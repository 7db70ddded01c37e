/** Promise 3, in short: what the example plan costs in history events, whatever the number of polls. `npm run bench` has the whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runExample } from '../bench/example-rollout.js';
import { DECISION_BUDGET, EVENT_BUDGET, POLL_DIFFERENCE } from '../bench/history.js';

test('the example plan ends within 200 events, and ten times the polls cost no more', {
  timeout: 240_000,
}, async (t) => {
  const { events: few } = await runExample({ polls: 3 });
  const { events: many } = await runExample({ polls: 30 });
  t.diagnostic(`${few} events with 3 polls a bake, ${many} with 30`);
  assert.ok(few <= EVENT_BUDGET, `${few} events with 3 polls a bake`);
  assert.ok(many <= EVENT_BUDGET, `${many} events with 30 polls a bake`);
  assert.ok(Math.abs(many - few) <= POLL_DIFFERENCE, `${few} events with 3 polls a bake, ${many} with 30`);
});

test('with signed decisions it stays within 200 events, and an approval costs at most six', {
  timeout: 240_000,
}, async (t) => {
  const { events, decision } = await runExample({ polls: 3, signed: true });
  t.diagnostic(`${events} events, ${decision} of them for one approval`);
  assert.ok(events <= EVENT_BUDGET, `${events} events`);
  assert.ok(decision > 0 && decision <= DECISION_BUDGET, `${decision} events for one approval`);
});
