import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accepted, changed, problem, refused, refusedAt } from './support.js';

type Case = [title: string, code: string, from: string | RegExp, to: string, at: string, says: RegExp];

/** `at` is the text at the very line and column of the problem. */
const REFUSALS: Case[] = [
  [
    'an unknown key, with what was meant',
    'unknownKey',
    'onSilence: baseline',
    'onSilense: baseline',
    'onSilense',
    /did you mean `onSilence`/,
  ],
  ['an unknown key at the top', 'unknownKey', 'runbook:', 'runbok:', 'runbok', /did you mean `runbook`/],
  ['a duplicate key', 'duplicateKey', 'owner: team-mail-ml', 'owner: a\nowner: b', 'owner: b', /keep one/],
  ['an unknown risk', 'badValue', 'risk: medium', 'risk: medum', 'medum', /did you mean `medium`/],
  [
    'a model named like a rollout id',
    'badValue',
    'model: spam-filter',
    `model: r-${'a'.repeat(26)}`,
    'r-aaa',
    /rollout id/,
  ],
  ['a share without a percent sign', 'badValue', 'share: 25%', 'share: 25', '25 }', /25%/],
  ['a share above everyone', 'badValue', 'share: 25%', 'share: 250%', '250%', /0% to 100%|like 25%/],
  ['a duration without a unit', 'badValue', 'for: 15m', 'for: 15', '15,', /15s/],
  ['a version that YAML reads as a number', 'badValue', 'version: nb-2', 'version: 1.10', '1.10', /in quotes/],
  ['a missing metric field', 'metricFields', ', events: requests_failed_total', '', 'errors:', /`events` is missing/],
  [
    'a field of another kind of source',
    'metricFields',
    'query: spam-kept.sql',
    'query: spam-kept.sql, units: x',
    'units: x',
    /no `units`/,
  ],
  ['a unit of time on a rate', 'marginUnit', '{ provenBelow: 1% }', '{ provenBelow: 20ms }', '20ms', /write 1% or/],
  ['points on a quantile', 'marginUnit', '{ provenBelow: 50ms }', '{ provenBelow: 1pp }', '1pp', /50ms/],
  ['points as a limit', 'marginUnit', '{ provenBelow: 1% }', '{ provenBelow: 1pp }', '1pp', /1%/],
  ['a margin without a unit', 'badValue', 'provenWithin: 2pp', 'provenWithin: 2', '2 } }', /with its unit/],
  [
    'a rollback margin as large as the promote margin',
    'racingMargins',
    'provenWorseBy: 0.8pp',
    'provenWorseBy: 2pp',
    '2pp }, promote',
    /smaller/,
  ],
  [
    'margins in different units',
    'racingMargins',
    'provenWorseBy: 0.8pp',
    'provenWorseBy: 10%',
    '10%',
    /different units/,
  ],
  [
    'limits that overlap',
    'racingMargins',
    '{ promoteWhen: { provenBelow: 50ms } }',
    '{ promoteWhen: { provenBelow: 50ms }, rollbackWhen: { provenAbove: 40ms } }',
    '40ms',
    /proves both/,
  ],
  [
    'a rollback and a promotion that ask different questions',
    'racingMargins',
    '{ promoteWhen: { provenBelow: 50ms } }',
    '{ promoteWhen: { provenBelow: 50ms }, rollbackWhen: { provenWorseBy: 10ms } }',
    '10ms',
    /two gates/,
  ],
  [
    'a limit the wrong way round',
    'limitDirection',
    '{ provenBelow: 1% }',
    '{ provenAbove: 1% }',
    '{ provenAbove',
    /provenBelow/,
  ],
  [
    'a promotion within nothing',
    'zeroMargin',
    '{ rollbackWhen: { provenWorseBy: 0.8pp }, promoteWhen: { provenWithin: 2pp } }',
    '{ promoteWhen: { provenWithin: 0pp } }',
    '0pp',
    /never be proven/,
  ],
  ['a limit no rate can reach', 'limitRange', '{ provenBelow: 1% }', '{ provenBelow: 100% }', '100%', /0 % and 100 %/],
  [
    'a fast lane on a gate that judges one arm',
    'uselessFastLane',
    '{ promoteWhen: { provenBelow: 50ms } }',
    '{ promoteWhen: { provenBelow: 50ms }, fastLane: { ratio: 2 } }',
    '{ ratio: 2',
    /no use/,
  ],
  [
    'a comparative gate among chosen users',
    'noControl',
    'gates: [errors-low, latency] }',
    'gates: [errors, latency] }',
    'errors, latency] }\n  - name: beta',
    /cohorts are chosen/,
  ],
  [
    'a comparative gate after promotion without a hold-back',
    'noControl',
    /after: .*/,
    'after: { for: 40s, every: 2s, gates: [errors-low, errors] }',
    'errors] }',
    /holdBack/,
  ],
  ['a falling share', 'decreasingShare', 'share: [50%, 100%]', 'share: [10%, 100%]', '10%', /after 25%/],
  ['a step that raises nothing', 'unchangedShare', 'share: [50%, 100%]', 'share: [25%, 100%]', '25%, 100%', /already/],
  ['a last stage that leaves most users out', 'endsEarly', 'share: [50%, 100%]', 'share: [50%, 60%]', '[50%', /unseen/],
  ['a stage that exposes nobody', 'emptyStage', 'exposure: { share: 25% }', 'exposure: {}', '{}', /nobody new/],
  ['a quorum of nobody', 'badValue', '{ role: risk, min: 1 }', '{ role: risk, min: 0 }', '0 }', /at least one/],
  [
    'a quorum nobody could gather',
    'impossibleQuorum',
    '{ role: risk, min: 1 }',
    '{ role: risk, min: 10 }, { role: legal, min: 10 }',
    '[{ role: modelOwner, min: 1 }, {',
    /21 people/,
  ],
  [
    'a bake that ends before it may pass',
    'bakeTooShort',
    'min: 20s, max: 3m',
    'min: 20s, max: 21s',
    '21s',
    /raise `max`/,
  ],
  ['a lease shorter than three polls', 'leaseTooShort', 'for: 15m', 'for: 5s', '5s', /3 polls/],
  ['a promote budget that lets anything pass', 'badValue', 'promote: 0.05', 'promote: 0.9', '0.9', /one bad candidate/],
  [
    'promotion by time',
    'advanceByTime',
    'onTimeout: hold, onBlind: hold',
    'onTimeout: promote, onBlind: hold',
    'promote,',
    /time has passed/,
  ],
  [
    'approval by time',
    'advanceByTime',
    'onTimeout: hold, onReject: stay',
    'onTimeout: approve, onReject: stay',
    'approve,',
    /time has passed/,
  ],
  [
    'a URL with a password',
    'secretInClear',
    'runbook: docs/runbooks/spam-filter.md',
    'runbook: https://me:hunter2secret@wiki/x',
    'https',
    /in clear/,
  ],
  ['a token', 'secretInClear', 'owner: team-mail-ml', 'owner: ghp_abcdefghijklmnopqrstuvwx', 'ghp_', /in clear/],
  ['a raw path for a name', 'rawConnection', 'store: flags,', 'store: ./flags.json,', './flags', /platform.yaml/],
  [
    'a raw URL for a name',
    'rawConnection',
    'scrape: spam-servers',
    'scrape: http://127.0.0.1:1/metrics',
    'http',
    /platform.yaml/,
  ],
  [
    'a gate that leads nowhere',
    'unknownName',
    'gates: [errors, latency, mail-lost]',
    'gates: [errors, latency, mail-last]',
    'mail-last',
    /did you mean `mail-lost`/,
  ],
  [
    'a metric of no source',
    'unknownName',
    'spam-kept: { from: outcomes',
    'spam-kept: { from: outcome',
    'outcome,',
    /did you mean `outcomes`/,
  ],
  [
    'a gate asked twice',
    'repeatedName',
    'gates: [errors, latency, mail-lost]',
    'gates: [errors, errors, latency, mail-lost]',
    'errors, latency, mail-lost]',
    /second time/,
  ],
  [
    'a query that is not there',
    'queryMissing',
    'query: mail-lost.sql',
    'query: lost.sql',
    'lost.sql',
    /cannot be read/,
  ],
  [
    'a query outside the plan',
    'queryPath',
    'query: mail-lost.sql',
    'query: ../mail-lost.sql',
    '../mail',
    /without `..`/,
  ],
  [
    'a query without its window',
    'queryWindow',
    'query: spam-kept.sql',
    'query: "select 1 as units, 2 as events -- :start :end"',
    '"select',
    /:start and :end/,
  ],
  [
    'two statements',
    'queryStatements',
    'query: spam-kept.sql',
    'query: "select 1 where at >= :start and at < :end; drop table x"',
    '"select',
    /semicolon/,
  ],
  [
    'a source of two kinds',
    'sourceKind',
    '{ sql: outcomes,',
    '{ sql: outcomes, scrape: outcomes,',
    'outcomes: {',
    /exactly one/,
  ],
  [
    'a window shorter than a poll',
    'windowRange',
    'scrape: spam-servers, window: 2s',
    'scrape: spam-servers, window: 500ms',
    '500ms',
    /1s to 1d/,
  ],
  [
    'users without a number',
    'usersCount',
    'better: lower, slices',
    'unit: user, better: lower, slices',
    'user, better',
    /about 5000/,
  ],
  [
    'a series with labels',
    'seriesName',
    'units: requests_total',
    'units: "requests_total{a=\'b\'}"',
    '"requests_total{',
    /bare name/,
  ],
  [
    'a cohort twice',
    'repeatedCohort',
    'exposure: { share: 25% }',
    'exposure: { share: 25%, cohorts: [staff] }',
    'staff] }',
    /accumulate/,
  ],
  [
    'a cohort dropped that never was',
    'unknownCohort',
    'exposure: { share: 25% }',
    'exposure: { share: 25%, drop: [partners] }',
    'partners',
    /no stage before/,
  ],
  ['a hold-back of most users', 'holdBackTooLarge', 'holdBack: 5%', 'holdBack: 60%', '60%', /at most 50%/],
  ['a guard without a look', 'afterTooShort', 'for: 40s, every: 2s', 'for: 40s, every: 2m', '40s', /no guard/],
  [
    'a request that is closed at once',
    'approvalTimeout',
    'timeout: 3d, onTimeout: hold, onReject',
    'timeout: 0s, remindEvery: 1s, onTimeout: hold, onReject',
    '0s,',
    /cannot be answered/,
  ],
  ['blindness at the first failed poll', 'blindAtOnce', 'onBlind: hold', 'blindAfter: 0s', '0s', /few windows/],
  ['a lease in fractions of seconds', 'leaseSeconds', 'for: 15m', 'for: 15s500ms', '15s500ms', /whole seconds/],
  [
    'a fast lane on a gate that never rolls back',
    'uselessFastLane',
    '{ rollbackWhen: { provenWorseBy: 0.2pp }, promoteWhen',
    '{ rollbackWhen: never, promoteWhen',
    '{ ratio',
    /never rolls back/,
  ],
  [
    'a missing section, with what it is',
    'missingKey',
    /target: .*\n/,
    '',
    'version: 1',
    /`target` is missing: where exposure is set/i,
  ],
  ['a misspelt condition', 'badValue', 'provenBelow: 50ms', 'provenBelo: 50ms', '{ provenBelo', /one of/],
  ['the same stage twice', 'repeatedName', '- name: general', '- name: beta', 'name: beta', /name of its own/],
  ['a name that every object has', 'badName', 'errors-low: {', 'constructor: {', 'constructor', /name/],
  ['a name in capitals, with the legal one', 'badName', 'errors-low: {', 'Errors_Low: {', 'Errors_Low', /`errors-low`/],
];

describe('lint refuses', () => {
  for (const [title, code, from, to, at, says] of REFUSALS) {
    it(`${title} (${code})`, () => {
      refusedAt(changed(from, to), code, at, says);
    });
  }

  it('all mistakes at once, each at its own place', () => {
    const text = changed(
      'risk: medium',
      'risk: medum',
      changed('for: 15m', 'fro: 15m', changed('provenWorseBy: 0.8pp', 'provenWorseBy: 3pp')),
    );
    const codes = refused(changed('[50%, 100%]', '[10%, 100%]', text)).map(({ code }) => code);
    assert.deepEqual(codes.sort(), ['badValue', 'decreasingShare', 'racingMargins', 'unknownKey']);
  });

  it('a bad value without repeating what follows from it', () => {
    const problems = refused(changed('share: 25%', 'share: 250%'));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['badValue'],
    );
  });

  it('a secret without repeating it', () => {
    const problems = refused(changed('owner: team-mail-ml', 'owner: [ghp_abcdefghijklmnopqrstuvwx]'));
    assert.doesNotMatch(JSON.stringify(problems), /ghp_/);
  });

  it('a plan without gates or stages when no preset fills them in', () => {
    const bare = changed(/gates:\n[\s\S]*?falseAlarms/, 'falseAlarms', changed(/stages:\n[\s\S]*?after:.*\n/, ''));
    assert.deepEqual(
      refused(bare).map(({ code }) => code),
      ['missingKey', 'missingKey'],
    );
  });
});

describe('lint accepts', () => {
  it('comparative gates at 100% where an earlier stage asked them of a randomised share', () => {
    const text = changed(/after: .*\n/, '', changed('share: [50%, 100%]', 'share: 100%'));
    const codes = refused(text).map(({ code, line }) => `${code}:${text.split('\n')[line - 1]?.trim()}`);
    assert.deepEqual(codes, ['noControl:gates: [errors-low, errors, latency, mail-lost, spam-kept]']);
    accepted(changed(', mail-lost, spam-kept]', ', mail-lost]', text));
  });

  it('a raw path in development mode, with a warning', () => {
    const { warnings } = accepted(changed('store: flags,', 'store: ./flags.json,'), 'development');
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['rawConnection'],
    );
  });

  it('a lease kept on silence and a rollback margin of 0, with warnings', () => {
    problem(accepted(changed('onSilence: baseline', 'onSilence: keep')).warnings, 'keepsOnSilence');
    problem(accepted(changed('provenWorseBy: 0.8pp', 'provenWorseBy: 0pp')).warnings, 'zeroMargin');
  });

  it('a gate nobody asks, with a warning', () => {
    const { warnings } = accepted(
      changed(
        'gates: [errors-low, errors, latency, mail-lost, spam-kept]',
        'gates: [errors-low, errors, latency, mail-lost]',
      ),
    );
    assert.match(problem(warnings, 'unused').message, /spam-kept/);
  });

  it('a plan whose arms nobody reports, with a warning', () => {
    const text = changed('{ scrape: spam-servers,', '{ prometheus: spam-servers,');
    const { plan, warnings } = accepted(text);
    assert.equal(plan.arms, null);
    problem(warnings, 'armsUnreported');
  });
});
