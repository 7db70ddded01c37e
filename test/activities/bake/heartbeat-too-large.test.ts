/** A heartbeat above 32 kB would be lost in silence: what does not fit is set aside, and found again by the next look. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Look } from '../../../activities/bake/bake.js';
import { setAside, small } from '../../../activities/bake/heartbeat.js';
import type { RolloutEvidence } from '../../../activities/store/adapter.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { BakeHeartbeat } from '../../../workflows/contract/activities.js';
import { gate as aGate, verdict as aVerdict } from '../../unit/client/standings.js';

let root = '';
let evidence: RolloutEvidence;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-heartbeat-'));
  evidence = await directoryEvidence(root).create('mail', `r-${'a'.repeat(26)}`);
});
after(() => rm(root, { recursive: true, force: true }));

const look = (key = 'beta-0-1') => ({ input: { mode: 'bake', key }, evidence }) as unknown as Look;

function heartbeat(slices: number, windows: number): BakeHeartbeat {
  const gates = Array.from({ length: slices }, (_, i) =>
    aGate({ slice: `locale=${i}`, verdict: i === slices - 1 ? 'fail' : 'pass' }),
  );
  const judge = { version: 1, processes: gates.map(({ slice }) => ({ slice, sums: 'x'.repeat(900) })) };
  const common = { version: 1, of: 'plan/bake/beta-0-1', cursor: {}, silentSinceMs: {}, suspect: null } as const;
  const verdict = aVerdict({ gates });
  return { ...common, windows, judge, verdict, conditions: {} as never, observed: null, leaseUntilMs: null, atMs: 0 };
}

test('a small memory travels whole', async () => {
  const few = heartbeat(3, 7);
  assert.equal(await small(look(), few), few);
});

test('a large one fits all the same, keeps what failed, and its memory is found again', async () => {
  const many = heartbeat(80, 9);
  const slim = await small(look(), many);
  assert.ok(Buffer.byteLength(JSON.stringify(slim)) <= 32_000);
  assert.equal(slim.judge, null);
  assert.equal(slim.verdict?.gates[0]?.slice, 'locale=79');
  assert.deepEqual(await setAside(look(), slim), many.judge);
});

test('the memory of another look, another bake or none at all is not used', async () => {
  await small(look(), heartbeat(80, 9));
  assert.equal(await setAside(look(), { ...heartbeat(80, 10), judge: null }), null);
  assert.equal(await setAside(look(), { ...heartbeat(80, 9), of: 'plan/guard/beta-0-1' }), null);
  assert.equal(await setAside(look('general-0-1'), heartbeat(80, 9)), null);
});
