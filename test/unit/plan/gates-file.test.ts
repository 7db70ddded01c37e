/** Gates without a rollout around them: what they may leave out, what is still refused, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GatesReading, readGates } from '../../../plan/gates-file.js';
import { example, queries } from './support.js';

const read = (text: string): GatesReading => readGates(text, { file: 'g.yaml', queries });

function gates(text: string): Extract<GatesReading, { kind: 'gates' }> {
  const reading = read(text);
  assert.ok(reading.kind === 'gates', JSON.stringify(reading, null, 1));
  return reading;
}

/** `line:column code message; remedy` of each problem. */
function problems(text: string): string {
  const reading = read(text);
  assert.ok(reading.kind === 'problems', 'was accepted');
  return reading.problems
    .map(({ line, column, code, message, remedy }) => `${line}:${column} ${code} ${message}; ${remedy}`)
    .join('\n');
}

const file = (metrics: string, rules: string, more = ''): string =>
  `version: 1\nmetrics:\n  ${metrics}\ngates:\n  ${rules}\n${more}`;
const ERRORS = 'errors: { kind: rate, better: lower }';
const WITHIN = 'errors: { promoteWhen: { provenWithin: 0.5pp } }';

test('takes metrics without source and series, and fills in what a plan would', () => {
  const { plan, whole } = gates(file(ERRORS, WITHIN));
  assert.equal(whole, false);
  assert.deepEqual(plan.gates['errors'], {
    metric: 'errors',
    role: 'guardrail',
    rollbackWhen: { provenWorseBy: '0.2pp' },
    promoteWhen: { provenWithin: '0.5pp' },
    fastLane: null,
  });
  assert.deepEqual(plan.falseAlarms, { rollback: 0.02, promote: 0.05 });
  assert.deepEqual(
    plan.stages.map((stage) => stage.gates),
    [['errors']],
  );
  assert.deepEqual(gates(file(ERRORS, WITHIN, 'falseAlarms: { rollback: 0.1 }')).plan.falseAlarms, {
    rollback: 0.1,
    promote: 0.05,
  });
});

test('takes every kind with what belongs to it', () => {
  const all = [
    ['rate, better: lower', 'provenBelow: 1%'],
    ['quantile, q: 0.99, better: lower', 'provenBelow: 50ms'],
    ['score, range: [0, 1], better: higher', 'provenWithin: 0.01abs'],
    ['count, better: lower', 'provenWithin: 25%'],
    ['ratio, better: lower', 'provenWithin: 5%'],
    ['slo, objective: 99.9%, period: 30d', 'provenBelow: 6abs'],
    ['drift', 'provenBelow: 0.1abs'],
    ['fairness, measure: impactRatio, slices: { by: [group] }', 'provenAbove: 80%'],
  ] as const;
  for (const [kind, promote] of all) {
    const { plan } = gates(file(`m: { kind: ${kind} }`, `m: { promoteWhen: { ${promote} } }`));
    assert.equal(plan.metrics['m']?.kind, kind.split(',')[0]);
  }
});

test('keeps the series a metric names, for whoever reads its history', () => {
  const named = (fields: string) =>
    gates(file(`m: { kind: ${fields}, better: lower, from: anywhere }`, 'm: { promoteWhen: { provenWithin: 25% } }'))
      .plan.metrics['m']?.reading;
  assert.deepEqual(named('rate, units: \'requests_total{job="spam"}\', events: failed_total'), {
    kind: 'prometheus',
    units: 'requests_total{job="spam"}',
    events: 'failed_total',
  });
  assert.deepEqual(named('quantile, q: 0.5, histogram: request_seconds'), {
    kind: 'prometheusHistogram',
    histogram: 'request_seconds',
  });
  assert.deepEqual(named('count, events: crashes_total, exposure: hours_total'), {
    kind: 'prometheusCount',
    events: 'crashes_total',
    exposure: 'hours_total',
  });
  assert.equal(named('rate, query: lost.sql')?.kind, 'sql');
});

test('takes a whole plan by the rules of plans, stages and all', () => {
  const { plan, whole } = gates(example('spam-filter.rollout.yaml'));
  assert.equal(whole, true);
  assert.deepEqual(
    plan.stages.map(({ name }) => name),
    ['internal', 'beta', 'general'],
  );
  assert.match(problems(example('spam-filter.rollout.yaml').replace('minUnits: 2000', 'minUnits: many')), /badValue/);
});

const REFUSED: [what: string, text: string, says: RegExp][] = [
  ['an unknown key', file(ERRORS, WITHIN, 'stage: beta'), /^6:1 unknownKey .*no key `stage`/],
  [
    'a gate on a metric that is not there',
    file(ERRORS, 'error: { promoteWhen: { provenBelow: 1% } }'),
    /^5:3 unknownName there is no metric `error`; did you mean `errors`\?/,
  ],
  [
    'a margin in the wrong unit',
    file(ERRORS, 'errors: { promoteWhen: { provenWithin: 5ms } }'),
    /marginUnit .*wrong unit for a rate/,
  ],
  ['a limit no rate can reach', file(ERRORS, 'errors: { promoteWhen: { provenBelow: 200% } }'), /limitRange/],
  ['a limit the wrong way round', file(ERRORS, 'errors: { promoteWhen: { provenAbove: 1% } }'), /limitDirection/],
  [
    'margins that race',
    file(ERRORS, 'errors: { rollbackWhen: { provenWorseBy: 1pp }, promoteWhen: { provenWithin: 0.5pp } }'),
    /racingMargins/,
  ],
  [
    'a gate without a limit',
    file(ERRORS, 'errors: { role: success }'),
    /missingKey `gates.errors.promoteWhen` is missing/,
  ],
  [
    'a metric that does not say which way is good',
    file('errors: { kind: rate }', WITHIN),
    /missingKey `metrics.errors.better` is missing/,
  ],
  [
    'a quantile without its q',
    file('l: { kind: quantile, better: lower }', 'l: { promoteWhen: { provenBelow: 50ms } }'),
    /^3:3 metricFields `q` is missing: a quantile is not defined without it/,
  ],
  [
    'a field of another kind',
    file('errors: { kind: rate, better: lower, q: 0.9 }', WITHIN),
    /^3:40 metricFields a rate has no `q`; remove it/,
  ],
  ['users without a number', file('errors: { kind: rate, better: lower, unit: user }', WITHIN), /usersCount/],
  ['groups without slices', file('f: { kind: fairness, measure: impactRatio }', 'f: {}'), /groupsMissing/],
  [
    'no gates',
    'version: 1\nmetrics: { errors: { kind: rate, better: lower } }\ngates: {}\n',
    /missingKey `gates` is missing/,
  ],
  ['no metrics at all', `version: 1\ngates: { ${WITHIN} }\n`, /missingKey `metrics` is missing/],
  [
    'a secret in clear',
    file("errors: { kind: rate, better: lower, units: 'Bearer abcdefghijklmnop' , events: e }", WITHIN),
    /secretInClear/,
  ],
  ['what is no YAML', 'version: 1\nmetrics: {', /yaml/],
  ['nothing', '', /empty/],
];

for (const [what, text, says] of REFUSED)
  test(`refuses ${what}, with its place`, () => assert.match(problems(text), says));

test('names everything that is wrong at once', () => {
  const found = problems(file('errors: { kind: rate, better: down }', 'errors: { promoteWhen: { provenWithin: 5 } }'));
  assert.match(found, /^3:\d+ badValue.*down/m);
  assert.match(found, /^5:\d+ badValue.*provenWithin/m);
});

test('warns of metrics no gate reads and of margins of nothing, and takes the file', () => {
  const { warnings } = gates(
    file(
      `${ERRORS}\n  spare: { kind: rate, better: lower }`,
      'errors: { rollbackWhen: { provenWorseBy: 0pp }, promoteWhen: { provenWithin: 0.5pp } }',
    ),
  );
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['unused', 'zeroMargin'],
  );
});
