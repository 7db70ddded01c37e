/** The journal on a terminal: one line an entry, nothing unreadable in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLines } from '../../../client/render/log.js';
import { plain } from '../../../client/render/paint.js';
import { chained } from './standings.js';

test('a verdict shows every gate, a digest only its beginning, a name no control characters', () => {
  const lines = logLines(
    chained([
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
    ]),
    { paint: plain },
  );
  const [line = ''] = lines;
  assert.match(line, /gates=errors pass, lost \[mailType=hard-ham\] fail/);
  assert.match(line, /evidence=sha256:aaaaaaaaaaaa…/);
  assert.ok(!line.includes('\u001b'));
});

test('a signed decision and its request take one line: who, which, and digests instead of texts', () => {
  const details = { stage: 'beta', decision: 'approve', assurance: 'signed', key: 'SHA256:abc' };
  const [asked = '', decided = ''] = logLines(
    chained([
      {
        seq: 1,
        atMs: 0,
        event: 'requested',
        by: null,
        details: { request: { requestId: 'q-1', shown: [{ gate: 'errors' }] } },
      },
      {
        seq: 2,
        atMs: 0,
        event: 'decided',
        by: 'ada',
        details: { ...details, statement: '{}', signature: '-----BEGIN' },
      },
    ]),
    { paint: plain },
  );
  assert.match(asked, /request=q-1$/);
  assert.match(decided, /key=SHA256:abc statement=sha256:44136fa355b3… signature=kept$/);
});
