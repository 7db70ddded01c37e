/** The journal on a terminal: one line an entry, nothing unreadable in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLines } from '../../../client/render/log.js';
import { plain } from '../../../client/render/paint.js';

test('a verdict shows every gate, a digest only its beginning, a name no control characters', () => {
  const lines = logLines(
    [
      {
        seq: 6,
        atMs: 0,
        event: 'verdict',
        by: 'ada\u001b[31m',
        details: {
          verdict: 'fail',
          evidence: `sha256:${'a'.repeat(64)}`,
          gates: [
            { gate: 'errors', slice: null, verdict: 'pass', sentence: 'fine' },
            { gate: 'lost', slice: 'mailType=hard-ham', verdict: 'fail', sentence: 'worse' },
          ],
        },
      },
    ],
    { paint: plain },
  );
  const [line = ''] = lines;
  assert.match(line, /gates=errors pass, lost \[mailType=hard-ham\] fail/);
  assert.match(line, /evidence=sha256:aaaaaaaaaaaa…/);
  assert.ok(!line.includes('\u001b'));
});
