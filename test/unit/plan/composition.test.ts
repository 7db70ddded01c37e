/** Conditions on several gates: what a stage may ask, what it compiles to, where it is mended. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planLines } from '../../../client/render/plan.js';
import { accepted, changed, problem, refused, refusedAt, warnedAt } from './support.js';

/** The example with other gates in its last stage, which has a randomised share. */
function general(gates: string): string {
  return changed('gates: [errors-low, errors, latency, mail-lost, spam-kept]', `gates: ${gates}`);
}

function compiled(gates: string) {
  const stage = accepted(general(gates)).plan.stages[2];
  assert.ok(stage);
  return stage;
}

describe('the gates of a stage', () => {
  it('are a plain list and nothing more where all must pass', () => {
    const stage = compiled('[errors, latency]');
    assert.deepEqual(stage.gates, ['errors', 'latency']);
    assert.ok(!('passWhen' in stage));
  });

  it('are all asked, once and in order, whatever the condition', () => {
    const stage = compiled(
      '[errors, { any: [latency, mail-lost] }, { atLeast: 1, of: [spam-kept, { all: [errors-low] }] }]',
    );
    assert.deepEqual(stage.gates, ['errors', 'latency', 'mail-lost', 'spam-kept', 'errors-low']);
    assert.deepEqual(stage.passWhen, {
      all: ['errors', { any: ['latency', 'mail-lost'] }, { atLeast: 1, of: ['spam-kept', { all: ['errors-low'] }] }],
    });
  });

  it('may be one condition, of which no gate is required', () => {
    assert.deepEqual(compiled('[{ any: [errors, mail-lost] }]').passWhen, { any: ['errors', 'mail-lost'] });
  });

  it('may be a block as well', () => {
    const block =
      '\n      - errors\n      - any: [latency, mail-lost]\n      - atLeast: 1\n        of: [spam-kept, errors-low]';
    const flow = '[errors, { any: [latency, mail-lost] }, { atLeast: 1, of: [spam-kept, errors-low] }]';
    assert.equal(accepted(general(block)).digest, accepted(general(flow)).digest);
  });

  it('change the digest when the condition does', () => {
    const texts = ['[errors, latency]', '[{ any: [errors, latency] }]', '[{ atLeast: 2, of: [errors, latency] }]'];
    assert.equal(new Set(texts.map((gates) => accepted(general(gates)).digest)).size, 3);
  });

  it('read back from the filled-in plan to the same digest, as deep as they may nest', () => {
    const deep =
      '[{ any: [errors, { all: [latency, { atLeast: 2, of: [mail-lost, spam-kept, { any: [errors-low, e2] }] }] }] }]';
    const text = changed(
      'gates:\n',
      'gates:\n  e2: { metric: errors, promoteWhen: { provenBelow: 2% } }\n',
      general(deep),
    );
    const { digest, filled, defaults } = accepted(text);
    assert.equal(accepted(filled).digest, digest);
    assert.deepEqual(accepted(filled).defaults, []);
    assert.ok(!defaults.some(({ path }) => path.startsWith('stages[2].gates')));
  });

  it('set the pace of the stage from inside a condition', () => {
    const slow = changed(
      'outcomes: { sql: outcomes, window: 2s',
      'outcomes: { sql: outcomes, window: 20s',
      general('[errors, { any: [latency, mail-lost] }]'),
    );
    const { plan } = accepted(
      changed('bake: { warmup: 2s, min: 15s, max: 3m, minUnits: 2000 }\n', 'bake: { minUnits: 2000 }\n', slow),
    );
    assert.equal(plan.stages[2]?.bake.warmupMs, 20_000);
  });

  it('are told in words before anyone says yes', () => {
    const { plan, digest } = accepted(
      general('[errors, { any: [latency, mail-lost] }, { atLeast: 1, of: [spam-kept, errors-low] }]'),
    );
    const plain = (text: string) => text;
    const paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
    const lines = planLines(plan, digest, { paint, width: 200 });
    const told = lines.filter((line) => line.includes('passes by'));
    assert.deepEqual(told, [
      '  general passes by errors and (latency or mail-lost) and 1 of (spam-kept, errors-low); any gate that fails rolls back',
    ]);
  });
});

type Case = [title: string, code: string, gates: string, at: string, says: RegExp];

const REFUSALS: Case[] = [
  [
    'a name that leads nowhere inside a condition',
    'unknownName',
    '[errors, { any: [latency, mail-last] }]',
    'mail-last',
    /did you mean `mail-lost`/,
  ],
  [
    'one deep inside',
    'unknownName',
    '[{ all: [errors, { atLeast: 1, of: [latency, spam-keep] }] }]',
    'spam-keep',
    /`spam-kept`/,
  ],
  ['a gate twice in one condition', 'repeatedName', '[{ any: [errors, errors] }]', 'errors] }', /second time/],
  [
    'a gate beside a condition that has it',
    'repeatedName',
    '[errors, { any: [latency, { all: [errors, mail-lost] }] }]',
    'errors, mail-lost',
    /second time/,
  ],
  [
    'more gates asked for than there are',
    'atLeastTooMany',
    '[{ atLeast: 3, of: [errors, latency] }]',
    '3, of',
    /never be met by 2 gates; write at most 2/,
  ],
  [
    'no gate asked for',
    'badValue',
    '[{ atLeast: 0, of: [errors, latency] }]',
    '0, of',
    /at least one gate must pass; write it like `atLeast: 2`/,
  ],
  ['half a gate', 'badValue', '[{ atLeast: 1.5, of: [errors, latency] }]', '1.5', /whole number/],
  [
    'a condition on nothing',
    'badValue',
    '[errors, { any: [] }]',
    '[] }',
    /at least one gate stands here; write it like `any: \[accuracy, agreement\]`/,
  ],
  [
    'a count without its gates',
    'badValue',
    '[errors, { atLeast: 2 }]',
    '{ atLeast',
    /\{ atLeast: 2, of: \[a, b, c\] \}/,
  ],
  ['two conditions in one', 'badValue', '[{ any: [errors], all: [latency] }]', '{ any', /one of \{ any/],
  [
    'a misspelt condition',
    'badValue',
    '[errors, { some: [latency] }]',
    '{ some',
    /`stages\[2\].gates\[1\]` cannot be .*one of \{ any/,
  ],
  [
    'a name in capitals inside a condition',
    'badValue',
    '[{ any: [errors, Latency] }]',
    'Latency',
    /`stages\[2\].gates\[0\].any\[1\]` cannot be `Latency`: a name has lower-case/,
  ],
  ['a number for a gate', 'badValue', '[errors, 5]', '5]', /the name of a gate.*in quotes/],
  [
    'a condition that nests too deep',
    'badValue',
    '[{ any: [{ any: [{ any: [{ any: [{ any: [errors] }] }] }] }] }]',
    '{ any: [errors]',
    /at most 4 deep/,
  ],
];

describe('lint refuses', () => {
  for (const [title, code, gates, at, says] of REFUSALS) {
    it(`${title} (${code})`, () => refusedAt(general(gates), code, at, says));
  }

  it('a comparative gate among chosen users wherever it stands', () => {
    const text = changed('gates: [errors-low, latency] }', 'gates: [errors-low, { any: [latency, errors] }] }');
    refusedAt(text, 'noControl', 'errors] }] }', /cohorts are chosen users/);
  });

  it('a condition after promotion, where any gate that fails rolls back', () => {
    const text = changed(
      /after: .*/,
      'after: { for: 40s, every: 2s, gates: [errors-low, { any: [latency, errors] }] }',
    );
    refusedAt(text, 'badValue', '{ any', /plain list of names; write it like `gates: \[errors\]`/);
  });

  it('a prototype inside a condition', () => {
    for (const key of ['__proto__', 'constructor', 'toString'])
      assert.ok(refused(general(`[errors, { any: [latency, ${key}] }]`)).length > 0, key);
  });

  it('several things at once, each at its own place', () => {
    const problems = refused(general('[{ atLeast: 3, of: [errors, latensy] }, { any: [errors, mail-lost] }]'));
    assert.deepEqual(problems.map(({ code }) => code).sort(), ['atLeastTooMany', 'repeatedName', 'unknownName']);
  });
});

describe('lint warns', () => {
  it('of a choice of one', () => {
    warnedAt(
      general('[errors, latency, mail-lost, errors-low, { any: [spam-kept] }]'),
      'anyOfOne',
      '[spam-kept]',
      /no choice.*write `spam-kept` without `any`/,
    );
  });

  it('of no gate that stands in a condition: it is asked', () => {
    const { warnings } = accepted(general('[errors, { any: [latency, { all: [mail-lost, spam-kept, errors-low] }] }]'));
    assert.deepEqual(warnings, []);
  });

  it('of a gate that no condition asks', () => {
    const { warnings } = accepted(general('[errors, { any: [latency, mail-lost] }]'));
    assert.match(problem(warnings, 'unused').message, /spam-kept/);
  });
});

it('carries a comparative gate to everyone from a condition of an earlier stage', () => {
  const beta = changed('gates: [errors, latency, mail-lost]', 'gates: [{ any: [errors, latency, mail-lost] }]');
  const everyone = changed(/after: .*\n/, '', changed('share: [50%, 100%]', 'share: 100%', beta));
  accepted(
    changed(
      'gates: [errors-low, errors, latency, mail-lost, spam-kept]',
      'gates: [errors-low, { any: [errors, mail-lost] }]',
      everyone,
    ),
  );
});
