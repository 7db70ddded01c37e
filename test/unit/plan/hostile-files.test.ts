import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planOf, SLO } from './kind-plans.js';
import { accepted, changed, example, problem, read, refused } from './support.js';

const EXAMPLE = example('spam-filter.rollout.yaml');
/** A plan with the fields of other kinds and a condition on gates. */
const COMPOSED = `${planOf(`${SLO}, expect: { perMinute: 24000, rate: 1% }, slices: { by: [age] }`, '{ role: guardrail }')}
stages: [{ name: all, exposure: { share: [5%, 100%] }, gates: [errors, { any: [m, latency] }] }]
`;

describe('a hostile file is refused, with its place', () => {
  const cases: [string, string, string][] = [
    ['an anchor and an alias', 'alias', 'a: &a [1]\nb: *a\n'],
    [
      'an alias bomb',
      'alias',
      `a: &a [x]\n${Array.from(
        { length: 20 },
        (_, i) =>
          `b${i}: [${Array(9)
            .fill(`*${i === 0 ? 'a' : `b${i - 1}`}`)
            .join(', ')}]`,
      ).join('\n')}`,
    ],
    ['a tag', 'tag', 'version: !!int "1"\n'],
    ['a private tag', 'tag', 'version: !include x\n'],
    ['a merge key', 'mergeKey', 'version: 1\n<<: { model: x }\n'],
    ['two documents', 'severalDocuments', 'version: 1\n---\nversion: 1\n'],
    ['a file of more than 256 kB', 'tooLarge', `# ${'x'.repeat(300_000)}\nversion: 1\n`],
    ['deep nesting', 'tooDeep', `a: ${'{a: '.repeat(25)}1${'}'.repeat(25)}\n`],
    ['a wall of brackets', 'tooDeep', `a: ${'['.repeat(100_000)}`],
    ['a hidden character', 'hiddenCharacter', 'model: spam\u202efilter\n'],
    ['a NUL', 'hiddenCharacter', 'model: spam\u0000filter\n'],
    ['broken syntax', 'yaml', 'model: [a\nb: c: d\n'],
    ['nothing at all', 'empty', '# only a comment\n'],
  ];
  for (const [title, code, text] of cases) {
    it(`${title} (${code})`, () => {
      const problems = refused(text);
      assert.ok(
        problems.some((each) => each.code === code),
        JSON.stringify(problems),
      );
      for (const { line, column } of problems) assert.ok(line >= 1 && column >= 1);
    });
  }

  it('points at the line of a hidden character', () => {
    const { line, column } = problem(refused('version: 1\nmodel: a\u202eb\n'), 'hiddenCharacter');
    assert.deepEqual([line, column], [2, 9]);
  });

  it('not a number where a number belongs', () => {
    for (const value of ['.nan', '.inf', '1e999', '"0.02"', 'null', '-0.02', '[]', 'true']) {
      problem(refused(changed('rollback: 0.02', `rollback: ${value}`)), 'badValue');
    }
  });

  it('a prototype as a key', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const problems = refused(
        changed(
          'metrics:\n',
          `metrics:\n  ${key}: { from: traffic, kind: rate, units: a, events: b, better: lower }\n`,
        ),
      );
      assert.ok(problems.length > 0, key);
      const looked = refused(changed('gates: [errors, latency, mail-lost]', `gates: [errors, latency, ${key}]`));
      assert.ok(looked.length > 0, key);
    }
  });

  it('a tower of conditions, soon', () => {
    const tower = (depth: number) =>
      changed('any: [m, latency]', `any: [m, ${'{ any: ['.repeat(depth)}latency${'] }'.repeat(depth)}]`, COMPOSED);
    accepted(tower(3));
    problem(refused(tower(4)), 'badValue');
    assert.ok(refused(tower(12)).some(({ code }) => code === 'tooDeep'));
  });

  it('whatever is deleted from or put into a plan, with problems rather than an exception', () => {
    const scrap = fc.constantFrom(
      '',
      ':',
      ' ',
      '- ',
      '{',
      '}',
      '[',
      '%',
      'null',
      '&a ',
      '*a',
      '!x ',
      '\n',
      '"',
      "'",
      '25',
      '~',
      '...',
      '---\n',
    );
    const whole = fc.constantFrom(EXAMPLE, COMPOSED);
    const edits = fc.array(fc.record({ at: fc.nat(COMPOSED.length), cut: fc.nat(30), put: scrap }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(whole, edits, (plan, changes) => {
        const text = changes.reduce((all, { at, cut, put }) => all.slice(0, at) + put + all.slice(at + cut), plan);
        const reading = read(text);
        if (reading.kind === 'problems') assert.ok(reading.problems.length > 0);
      }),
      { numRuns: 150 },
    );
  });
});
