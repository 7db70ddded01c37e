/** What is refused of each kind of metric: where it stands and in which words. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNT, DRIFT, GAP, IMPACT, LEGAL, planOf, RATIO, SCORE, SLO } from './kind-plans.js';
import { accepted, changed, problem, refused, refusedAt } from './support.js';

type Case = [title: string, code: string, metric: string, gate: string, at: string, says: RegExp];

const REFUSALS: Case[] = [
  [
    'a score without its range',
    'metricFields',
    SCORE.replace(' range: [0, 1],', ''),
    LEGAL,
    'm: {',
    /`range` is missing/,
  ],
  ['a range that falls', 'scoreRange', SCORE.replace('[0, 1]', '[1, 0]'), LEGAL, '[1, 0]', /lowest score first/],
  ['a range of one score', 'scoreRange', SCORE.replace('[0, 1]', '[1, 1]'), LEGAL, '[1, 1]', /between 1 and 1/],
  ['a range without an end', 'badValue', SCORE.replace('[0, 1]', '[0, .inf]'), LEGAL, '.inf', /range: \[0, 1\]/],
  ['a range of three', 'badValue', SCORE.replace('[0, 1]', '[0, 1, 2]'), LEGAL, '[0, 1, 2]', /two numbers/],
  [
    'a score from a page',
    'sourceCannot',
    SCORE.replace(/outcomes.*/, 'traffic, kind: score, range: [0, 1], better: lower'),
    LEGAL,
    'traffic',
    /n, sum, sum_sq/,
  ],
  [
    'a ratio from Prometheus',
    'sourceCannot',
    'from: metrics, kind: ratio, better: lower',
    LEGAL,
    'metrics',
    /squares.*syz/,
  ],
  [
    'a count without exposure',
    'metricFields',
    COUNT.replace('exposure: tokens_total, ', ''),
    LEGAL,
    'm: {',
    /`exposure` is missing/,
  ],
  ['units of a count', 'metricFields', `${COUNT}, units: x_total`, LEGAL, 'units: x', /no `units`/],
  [
    'an exposure with labels',
    'seriesName',
    COUNT.replace('tokens_total', '"tokens{a=\'b\'}"'),
    LEGAL,
    '"tokens{',
    /bare name/,
  ],
  ['an objective of a rate', 'metricFields', `${COUNT}, objective: 99%`, LEGAL, 'objective', /no `objective`/],
  ['an objective of everything', 'badValue', SLO.replace('99.9%', '100%'), '{}', '100%', /like 99.9%/],
  ['an objective as a number', 'badValue', SLO.replace('99.9%', '0.999'), '{}', '0.999', /99.9%/],
  ['a period of an hour', 'periodRange', SLO.replace('30d', '1h'), '{}', '1h', /at least 1d/],
  ['an slo where more is better', 'wrongDirection', `${SLO}, better: higher`, '{}', 'higher', /write `better: lower`/],
  [
    'a gap of which more is better',
    'wrongDirection',
    `${GAP}, better: higher`,
    '{ promoteWhen: { provenBelow: 5pp } }',
    'higher',
    /gap/,
  ],
  ['an impact ratio that shall fall', 'wrongDirection', `${IMPACT}, better: lower`, '{}', 'lower', /better: higher/],
  [
    'fairness without groups',
    'groupsMissing',
    GAP.replace(/, slices.*/, ''),
    '{ promoteWhen: { provenBelow: 5pp } }',
    'm: {',
    /slices: \{ by/,
  ],
  [
    'fairness of nothing',
    'metricFields',
    GAP.replace('measure: truePositiveRate, ', ''),
    '{}',
    'm: {',
    /`measure` is missing/,
  ],
  ['drift against nothing', 'badValue', `${DRIFT}, against: []`, '{}', '[]', /against: \[reference, control\]/],
  ['one yardstick twice', 'repeatedName', `${DRIFT}, against: [control, control]`, '{}', 'control] }', /second time/],
  [
    'a metric that says not which way is good',
    'missingKey',
    SCORE.replace(', better: higher', ''),
    LEGAL,
    'm: {',
    /`metrics.m.better` is missing: which way is good; add `better: lower`/,
  ],
  [
    'a gate without a question',
    'missingKey',
    SCORE,
    '{ role: guardrail }',
    'm: {',
    /`gates.m.promoteWhen` is missing: when the gate passes.*add `promoteWhen: \{ provenWithin: 0.5pp \}`/,
  ],
  [
    'points of a score',
    'marginUnit',
    SCORE,
    '{ promoteWhen: { provenWithin: 1pp } }',
    '1pp',
    /a score; write 2% or 0.01abs/,
  ],
  [
    'a part of stars from 1 to 5',
    'marginUnit',
    SCORE.replace('[0, 1]', '[1, 5]'),
    LEGAL,
    '1%',
    /scores from 1; write a difference, like 0.1abs/,
  ],
  [
    'a share as the limit of a score',
    'marginUnit',
    SCORE,
    '{ promoteWhen: { provenAbove: 90% } }',
    '90%',
    /write 0.9abs/,
  ],
  ['time in a ratio', 'marginUnit', RATIO, '{ promoteWhen: { provenBelow: 20ms } }', '20ms', /for a ratio/],
  ['points of a count', 'marginUnit', COUNT, '{ promoteWhen: { provenWithin: 1pp } }', '1pp', /for a count/],
  ['a share as a burn rate', 'marginUnit', SLO, '{ promoteWhen: { provenBelow: 1% } }', '1%', /an slo; write 6abs/],
  [
    'an slo compared',
    'notCompared',
    SLO,
    '{ promoteWhen: { provenWithin: 1abs } }',
    '1abs',
    /judged by a limit; write `provenBelow: 6abs`/,
  ],
  [
    'drift compared',
    'notCompared',
    DRIFT,
    '{ promoteWhen: { provenWithin: 0.1abs } }',
    '0.1abs',
    /provenBelow: 0.1abs/,
  ],
  ['points of drift', 'marginUnit', DRIFT, '{ promoteWhen: { provenBelow: 10pp } }', '10pp', /write 0.1abs/],
  ['a share as a gap', 'marginUnit', GAP, '{ promoteWhen: { provenBelow: 5% } }', '5%', /write 5pp/],
  [
    'a share of an impact ratio as a margin',
    'marginUnit',
    IMPACT,
    '{ promoteWhen: { provenWithin: 5% } }',
    '5%',
    /write 1pp/,
  ],
  [
    'drift that rolls back',
    'driftHolds',
    DRIFT,
    '{ rollbackWhen: { provenAbove: 0.3abs } }',
    '{ provenAbove',
    /never rolls back.*leave `rollbackWhen` out/,
  ],
  [
    'a limit on drift the wrong way round',
    'limitDirection',
    DRIFT,
    '{ promoteWhen: { provenAbove: 0.1abs } }',
    '{ provenAbove',
    /write `provenBelow`$/,
  ],
  [
    'a limit on an impact ratio the wrong way round',
    'limitDirection',
    IMPACT,
    '{ promoteWhen: { provenBelow: 80% } }',
    '{ provenBelow',
    /write `provenAbove`$/,
  ],
  [
    'a limit on a score the wrong way round',
    'limitDirection',
    SCORE,
    '{ promoteWhen: { provenBelow: 0.9abs } }',
    '{ provenBelow',
    /or mend `better`/,
  ],
  [
    'a limit beyond the range of a score',
    'limitRange',
    SCORE,
    '{ promoteWhen: { provenAbove: 1abs } }',
    '1abs',
    /between 0 and 1; .*0abs and 1abs/,
  ],
  [
    'a margin as wide as the range',
    'limitRange',
    SCORE,
    '{ promoteWhen: { provenWithin: 1abs } }',
    '1abs',
    /write 2% or 0.01abs/,
  ],
  [
    'a burn rate there cannot be',
    'limitRange',
    SLO.replace('99.9%', '90%'),
    '{ promoteWhen: { provenBelow: 10abs } }',
    '10abs',
    /90%, all units being bad is a burn rate of 10/,
  ],
  [
    'a burn rate of nothing',
    'limitRange',
    SLO,
    '{ promoteWhen: { provenBelow: 0abs } }',
    '0abs',
    /strictly between 0abs and 1000abs/,
  ],
  [
    'the limit filled in where no pair of windows reaches it',
    'burnTooFast',
    SLO.replace('30d', '7d'),
    '{}',
    'm: {}',
    /6abs would never roll back: over 7d, .* up to 3.36; write a limit of at most 3.36abs/,
  ],
  [
    'a rollback limit beyond the fastest pair',
    'burnTooFast',
    SLO,
    '{ rollbackWhen: { provenAbove: 15abs } }',
    '{ provenAbove: 15abs',
    /up to 14.4/,
  ],
  [
    'a limit of which the pair would need more than all units bad',
    'burnTooFast',
    SLO.replace('99.9%', '90%'),
    '{ promoteWhen: { provenBelow: 7abs } }',
    '{ provenBelow: 7abs',
    /up to 6/,
  ],
  [
    'a distance beyond the largest',
    'limitRange',
    DRIFT,
    '{ promoteWhen: { provenBelow: 1abs } }',
    '1abs',
    /between 0 and 1/,
  ],
  [
    'a gap of everything',
    'limitRange',
    GAP,
    '{ promoteWhen: { provenBelow: 100pp } }',
    '100pp',
    /between 0 % and 100 %/,
  ],
  [
    'an impact ratio of one, which nobody can prove',
    'limitRange',
    IMPACT,
    '{ promoteWhen: { provenAbove: 100% } }',
    '100%',
    /an impact ratio/,
  ],
  [
    'limits of a score that race',
    'racingMargins',
    SCORE,
    '{ promoteWhen: { provenAbove: 0.8abs }, rollbackWhen: { provenBelow: 0.9abs } }',
    '0.9abs',
    /proves both/,
  ],
  [
    'margins of a ratio that race',
    'racingMargins',
    RATIO,
    '{ promoteWhen: { provenWithin: 3% }, rollbackWhen: { provenWorseBy: 3% } }',
    '3% }',
    /smaller/,
  ],
  [
    'a fast lane on a score',
    'uselessFastLane',
    SCORE,
    '{ promoteWhen: { provenWithin: 1% }, fastLane: { ratio: 2 } }',
    '{ ratio: 2',
    /rates and counts, and this is a score/,
  ],
  ['a fast lane on an slo', 'uselessFastLane', SLO, '{ fastLane: { ratio: 2 } }', '{ ratio: 2', /this is an slo/],
  ['traffic of nothing', 'badValue', `${SCORE}, expect: { perMinute: 0 }`, LEGAL, '0 }', /nothing is ever decided/],
  [
    'an estimate without traffic',
    'missingKey',
    `${SCORE}, expect: { sd: 0.1 }`,
    LEGAL,
    'expect: { sd',
    /add `perMinute: 24000`/,
  ],
  [
    'a rate of a score',
    'expectation',
    `${SCORE}, expect: { perMinute: 9, rate: 1% }`,
    LEGAL,
    '1%',
    /no expected `rate`; .*`mean` and `sd`/,
  ],
  [
    'a mean outside of the range',
    'expectation',
    `${SCORE}, expect: { perMinute: 9, mean: 2, sd: 0.1 }`,
    LEGAL,
    '2, sd',
    /from 0 to 1/,
  ],
  [
    'scores that spread beyond their range',
    'expectation',
    `${SCORE}, expect: { perMinute: 9, sd: 0.6 }`,
    LEGAL,
    '0.6',
    /at most 0.5/,
  ],
  ['a count as a share', 'expectation', `${COUNT}, expect: { perMinute: 9, rate: 1% }`, LEGAL, '1%', /rate: 0.3/],
  ['a share as a number', 'expectation', `${SLO}, expect: { perMinute: 9, rate: 0.01 }`, '{}', '0.01', /rate: 1%/],
  [
    'more events than units',
    'expectation',
    `${SLO}, expect: { perMinute: 9, rate: 120% }`,
    '{}',
    '120%',
    /at most 100%/,
  ],
  ['a spread of nothing', 'badValue', `${SCORE}, expect: { perMinute: 9, sd: 0 }`, LEGAL, '0 }', /sd/],
];

describe('lint refuses', () => {
  for (const [title, code, metric, gate, at, says] of REFUSALS) {
    it(`${title} (${code})`, () => refusedAt(planOf(metric, gate), code, at, says));
  }

  it('a misspelt measure without guessing what follows from it', () => {
    const problems = refused(
      planOf(IMPACT.replace('impactRatio', 'impactRation'), '{ promoteWhen: { provenAbove: 80% } }'),
    );
    assert.deepEqual(
      problems.map(({ code, remedy }) => [code, remedy]),
      [['badValue', 'did you mean `impactRatio`?']],
    );
  });

  it('drift where it could never pass: among chosen users, and beside a control where none is left', () => {
    const drift = (against: string, more = '') =>
      changed(
        'gates:\n',
        `  shift: { from: traffic, kind: drift, histogram: mail_length, against: [${against}]${more} }\ngates:\n  shift: {}\n`,
      );
    const internal = (text: string) =>
      changed('gates: [errors-low, latency] }', 'gates: [errors-low, latency, shift] }', text);
    const everyone = (text: string) =>
      changed(
        'gates: [errors-low, errors, latency, mail-lost, spam-kept]',
        'gates: [errors-low, errors, latency, mail-lost, shift]',
        changed(/after: .*\n/, '', changed('share: [50%, 100%]', 'share: 100%', text)),
      );
    for (const against of ['reference', 'control', 'reference, control'])
      refusedAt(internal(drift(against)), 'noControl', 'shift] }', /cohorts are chosen users; remove it here/);
    refusedAt(everyone(drift('reference, control')), 'noControl', 'shift]', /100%.*`against: \[reference\]`/);
    accepted(everyone(drift('reference')));
    const sliced = drift('reference', ', slices: { by: [mailType], minUnits: 100 }');
    refusedAt(everyone(sliced), 'noControl', 'shift]', /without slices needs no control/);
  });
});

it('tells one problem of a field once', () => {
  problem(refused(planOf(`${SCORE}, q: 0.5`, LEGAL)), 'metricFields');
});
