import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PAGE_LIMIT_BYTES, PageError, parsePage } from '../../../activities/sources/page.js';

describe('a page in Prometheus text format', () => {
  test('is read into families with type, help and samples', () => {
    const page = parsePage(
      '# HELP requests_total Requests\\nserved.\n# TYPE requests_total counter\n' +
        'requests_total{via="share",path="C:\\\\a\\"b\\"\\n"} 1.5e3\nrequests_total{via="none", } 0 \n\n' +
        '# a remark\n# TYPE request_seconds histogram\nrequest_seconds_bucket{le="+Inf"} 2\nrequest_seconds_count 2\n' +
        'request_seconds_sum 0.3\nloose_gauge -0\n',
    );
    const requests = page.families.get('requests_total');
    assert.equal(requests?.type, 'counter');
    assert.equal(requests.help, 'Requests\nserved.');
    assert.deepEqual(
      requests.samples.map((sample) => [sample.labels.get('path'), sample.value]),
      [
        ['C:\\a"b"\n', 1500],
        [undefined, 0],
      ],
    );
    assert.equal(page.families.get('request_seconds')?.samples.length, 3);
    const loose = page.families.get('loose_gauge');
    assert.deepEqual([loose?.type, loose?.declared, Object.is(loose?.samples[0]?.value, 0)], ['untyped', false, true]);
  });

  test('keeps NaN, infinities and overflow as no number', () => {
    const page = parsePage('a NaN\nb +Inf\nc -Inf\nd 1e999\n');
    assert.deepEqual(
      [...page.families.values()].map((family) => family.samples[0]?.value),
      [null, null, null, null],
    );
  });

  test('knows a label named like a property of objects', () => {
    const page = parsePage('a{__proto__="x",constructor="y"} 1\n__proto__ 2\n');
    assert.equal(page.families.get('a')?.samples[0]?.labels.get('__proto__'), 'x');
    assert.equal(page.families.get('__proto__')?.samples[0]?.value, 2);
  });

  const refused: [name: string, text: string, why: RegExp][] = [
    ['nothing at all', '', /empty/],
    ['a page cut off in the middle', 'a 1\nb 1', /cut off/],
    ['a login page', '<html><body>Sign in</body></html>\n', /line 1: neither/],
    ['JSON', '{"a":1}\n', /neither/],
    ['OpenMetrics', 'a 1\n# EOF\n', /OpenMetrics/],
    ['an exemplar', 'a_bucket{le="1"} 1 # {trace="x"} 0.5\n', /follows the value/],
    ['one series twice', 'a{x="1",y="2"} 1\na{y="2",x="1"} 2\n', /line 2: .*twice/],
    ['one label twice', 'a{x="1",x="2"} 1\n', /twice/],
    ['a label without quotes', 'a{x=1} 1\n', /not quoted/],
    ['a label that does not end', 'a{x="1\n', /does not end/],
    ['a label list that does not end', 'a{x="1" 1\n', /do not end/],
    ['an unknown escape', 'a{x="\\t"} 1\n', /escape/],
    ['an empty value', 'a \n', /no value|not followed/],
    ['a value with a thousands separator', 'a 1,000\n', /no value/],
    ['a hexadecimal value', 'a 0x10\n', /no value/],
    ['a truth value', 'a true\n', /no value/],
    ['two values', 'a 1 2 3\n', /follows the value/],
    ['a fractional timestamp', 'a 1 1.5\n', /follows the value/],
    ['carriage returns', 'a 1\r\n# TYPE b counter\r\nb 1\r\n', /./],
    ['a type declared twice', '# TYPE a counter\n# TYPE a gauge\n', /twice/],
    ['a type after its samples', 'a 1\n# TYPE a counter\n', /after its samples/],
    ['an unknown type', '# TYPE a meter\n', /no metric type/],
    ['ten megabytes', 'a 1\n'.repeat(PAGE_LIMIT_BYTES / 4 + 1), /larger/],
  ];
  for (const [name, text, why] of refused)
    test(`is refused when it is ${name}`, () => {
      assert.throws(
        () => parsePage(text),
        (error) => error instanceof PageError && why.test(error.message),
      );
    });

  test('reads back any label value that was escaped by the rules', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (value, count) => {
        const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
        const sample = parsePage(`a{x="${escaped}"} ${count}\n`).families.get('a')?.samples[0];
        assert.deepEqual([sample?.labels.get('x'), sample?.value], [value, count]);
      }),
    );
  });

  test('never throws anything but a PageError, whatever comes', () => {
    const bits = fc.constantFrom('a', '{', '}', '"', '\\', '=', ',', ' ', '1', '\n', '#', 'TYPE', 'counter', 'NaN');
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 40 }), (parts) => {
        try {
          parsePage(parts.join(''));
        } catch (error) {
          assert.ok(error instanceof PageError, String(error));
        }
      }),
    );
  });
});
