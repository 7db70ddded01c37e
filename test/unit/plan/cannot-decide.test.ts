/** Gates that by the plan's own expectations cannot decide within `max` are refused, with what to write instead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, problem, read, refused } from './support.js';

interface Change {
  perMinute?: number;
  rate?: string;
  promoteWhen?: string;
  max?: string;
  minUnits?: number;
  gates?: string;
  more?: string;
}

const plan = (change: Change = {}): string => `version: 1
model: ranker
tenant: shop
owner: team-ranking
candidate: { registry: models, version: v2 }
target: { store: flags, flag: ranker, stickyBy: userId }
sources: { traffic: { scrape: servers, window: 1m } }
metrics:
  errors:
    from: traffic
    kind: rate
    units: requests_total
    events: failed_total
    better: lower
    expect: { perMinute: ${change.perMinute ?? 10}, rate: ${change.rate ?? '1%'} }
gates:
  errors: { promoteWhen: { ${change.promoteWhen ?? 'provenWithin: 0.1pp'} } }
${change.more ?? ''}
stages:
  - name: everyone
    exposure: { share: [50%, 100%] }
    bake: { warmup: 1m, min: 5m, max: ${change.max ?? '30m'}, minUnits: ${change.minUnits ?? 50} }
    gates: ${change.gates ?? '[errors]'}
`;

test('10 requests a minute cannot prove 0.1 points in 30 minutes: refused at its line, with a longer bake and a wider margin', () => {
  const found = problem(refused(plan()), 'cannotDecide');
  assert.equal(plan().split('\n')[found.line - 1]?.includes('max: 30m'), true, `line ${found.line}`);
  assert.match(found.message, /gate `errors` cannot decide within `max: 30m` of stage `everyone`/);
  assert.match(found.message, /at 10 a minute and a share of 50%, an equal candidate takes about \d+d/);
  assert.match(found.remedy, /^raise `max` to about \d+d, or write a wider `provenWithin` of about [\d.]+pp$/);
});

test('each remedy is enough by itself', () => {
  const { remedy } = problem(refused(plan()), 'cannotDecide');
  const [, max = '', margin = ''] = /about (\w+), .* about ([\d.]+pp)/.exec(remedy) ?? [];
  accepted(plan({ max }));
  accepted(plan({ promoteWhen: `provenWithin: ${margin}` }));
});

test('enough traffic is accepted, and so is a plan that expects nothing', () => {
  accepted(plan({ perMinute: 1_000_000 }));
  accepted(plan().replace(/\n {4}expect:.*/, ''));
});

test('too few units for minUnits says so, and does not blame the margin', () => {
  const found = problem(refused(plan({ promoteWhen: 'provenWithin: 20pp', minUnits: 5_000 })), 'cannotDecide');
  assert.match(found.message, /5000 units of the candidate take about 17h/);
  assert.match(found.remedy, /or lower `minUnits`/);
});

test('a limit that the expected baseline does not meet is refused at the limit', () => {
  const text = plan({ promoteWhen: 'provenBelow: 0.5%', perMinute: 1_000_000 });
  const found = problem(refused(text), 'cannotDecide');
  assert.match(text.split('\n')[found.line - 1] ?? '', /provenBelow/);
  assert.match(found.message, /gate `errors` can never pass/);
});

test('a gate that asks for an improvement is judged by a better candidate, not by an equal one', () => {
  accepted(plan({ promoteWhen: 'provenBetterBy: 0%', perMinute: 100_000 }));
  const found = problem(refused(plan({ promoteWhen: 'provenBetterBy: 0%' })), 'cannotDecide');
  assert.match(found.message, /a candidate 2 times better takes about/);
  assert.doesNotMatch(found.remedy, /wider/);
});

test('a slow gate is fine where the stage can pass without it, and refused where it cannot', () => {
  const more = '  quick: { metric: errors, promoteWhen: { provenBelow: 90% } }';
  accepted(plan({ more, gates: '[{ any: [errors, quick] }]' }));
  problem(refused(plan({ more, gates: '[{ all: [errors, quick] }]' })), 'cannotDecide');
});

test('says what is wrong with `expect` without stumbling over it', () => {
  for (const bad of ['120%', '0', '-1%', 'none']) assert.equal(read(plan({ rate: bad })).kind, 'problems', bad);
  assert.equal(read(plan().replace('perMinute: 10', 'perMinute: 0')).kind, 'problems');
});

test('takes a few milliseconds even where nothing is ever decided', () => {
  const begun = performance.now();
  for (let i = 0; i < 10; i += 1) refused(plan({ perMinute: 0.001 }));
  assert.ok((performance.now() - begun) / 10 < 250, `${(performance.now() - begun) / 10} ms`);
});
