/** `sluice judge --rollout`: what other gates would have done with a rollout that is over, from its evidence alone. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { EXIT } from '../../../workflows/contract/errors.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import { aPlan, STAGE } from '../../support/plans.js';
import { BEGAN_MS, pastRollout, ROLLOUT } from './judge-world.js';
import { type Ran, sluice } from './run-cli.js';
import { chained } from './standings.js';

const entry = (
  seq: number,
  second: number,
  event: JournalEntry['event'],
  details: JournalEntry['details'],
): Omit<JournalEntry, 'prev' | 'hash'> => ({ seq, atMs: BEGAN_MS + second * 1_000, event, by: null, details });

/** The old gates let a candidate through that fails two and a half times as often. */
const JOURNAL = chained([
  entry(1, 0, 'started', {}),
  entry(2, 0, 'raised', { stage: 'internal', step: 0 }),
  entry(3, 20, 'verdict', { verdict: 'pass', sentence: 'All 1 questions of this step are answered.' }),
  entry(4, 20, 'raised', { stage: 'beta', step: 0 }),
  entry(5, 200, 'ended', { outcome: 'completed', sentence: 'nb-2 serves everyone.' }),
]);

let directory = '';
before(async () => {
  const bakes = [
    { key: 'windows/internal-0-1', share: 0, seconds: 20, failures: 5 },
    { key: 'windows/beta-0-1', share: 0.25, seconds: 120, failures: 5 },
    { key: 'guard/beta-0-1', share: 0.25, seconds: 10, failures: 5, phase: 'guard' as const },
    { key: 'windows/general-0-1', share: 0.5, seconds: 30, failures: 5 },
  ];
  const stages = [STAGE.internal(), STAGE.beta(), STAGE.general()];
  directory = await pastRollout(aPlan({ stages }), bakes, JOURNAL);
});
after(() => rm(directory, { recursive: true, force: true }));

const METRICS = 'metrics: { errors: { kind: rate, better: lower } }';
const OLD = `version: 1\n${METRICS}\ngates: { errors-low: { metric: errors, promoteWhen: { provenBelow: 1% } } }\n`;
const STRICT = `version: 1\n${METRICS}\ngates:\n  errors-low: { metric: errors, promoteWhen: { provenBelow: 1% } }\n  errors: { rollbackWhen: { provenWorseBy: 0.1pp }, promoteWhen: { provenWithin: 0.25pp } }\n`;

async function judge(gates: string, ...args: string[]): Promise<Ran> {
  await writeFile(join(directory, 'gates.yaml'), gates);
  return sluice(['judge', 'gates.yaml', '--rollout', ...args], { cwd: directory });
}

interface Document {
  rollout: { rolloutId: string };
  looks: { stage: string; step: number; mode: string; window: number; verdict: string }[];
  first: { stage: string; step: number; window: number; verdict: string; gate: string | null } | null;
  steps: { stage: string; mode: string; first: { verdict: string } | null }[];
  record: { event: string }[];
}
const parsed = ({ out }: Ran): Document => JSON.parse(out) as Document;

test('the gates it had pass it again, step by step, and its own record is told beside', async () => {
  const { code, out, err } = await judge(OLD, ROLLOUT);
  assert.equal(code, EXIT.done, err + out);
  assert.match(out, /^rollout r-a+ of spam-filter \(tenant mail\): what would these gates have done\?/);
  for (const line of [
    /✔ internal +would have passed at window/,
    /✔ beta +would have passed/,
    /beta, guarded +no harm proven after 10 looks/,
    /✔ general step 1 +would have passed/,
    /raised: beta step 1/,
    /ended: nb-2 serves everyone\./,
  ])
    assert.match(out, line);
});

test('a stricter policy would have rolled back in beta, and what came after is told as what it is', async () => {
  const ran = await judge(STRICT, ROLLOUT, '--json');
  assert.equal(ran.code, EXIT.rolledBack);
  const { rollout, looks, first, steps, record } = parsed(ran);
  assert.equal(rollout.rolloutId, ROLLOUT);
  assert.deepEqual([first?.stage, first?.step, first?.verdict, first?.gate], ['beta', 0, 'fail', 'errors']);
  assert.deepEqual(
    [...new Set(looks.map(({ stage, mode }) => `${stage} ${mode}`))],
    ['internal bake', 'beta bake', 'beta guard', 'general bake'],
  );
  assert.equal(steps[0]?.first?.verdict, 'pass', 'a comparison is not asked where nobody was drawn at random');
  assert.deepEqual(
    record.map(({ event }) => event),
    ['raised', 'verdict', 'raised', 'ended'],
  );
  const { out } = await judge(STRICT, ROLLOUT);
  assert.match(out, /✘ FAIL at beta, window \d+ .*: errors$/m);
  assert.match(out, /general step 1 +would not have been reached/);
});

test('a model name finds its last rollout; minimums of the recorded stage bind unless others are given', async () => {
  assert.equal((await judge(OLD, 'spam-filter')).code, EXIT.done);
  const ran = await judge(OLD, 'spam-filter', '--min-units', '100000000', '--json');
  assert.equal(ran.code, EXIT.waiting);
  assert.equal(parsed(ran).first, null);
  const { out } = await judge(OLD, 'spam-filter', '--min-units', '100000000');
  assert.match(
    out.replace(/\s+/g, ' '),
    /these gates would still be waiting at internal; the steps after it are judged on what was recorded/,
  );
  assert.match(out, /^… UNDECIDED at internal after 20 looks, 20 s of data$/m);
});

test('a rollout nobody knows, and metrics it never measured, are bad input', async () => {
  const nobody = await judge(OLD, `r-${'b'.repeat(26)}`);
  assert.equal(nobody.code, EXIT.badInput);
  assert.match(nobody.err, /There is nothing of "r-b+" to judge/);
  const other = await judge(
    OLD.replaceAll('errors:', 'crashes:').replaceAll('metric: errors', 'metric: crashes'),
    ROLLOUT,
  );
  assert.equal(other.code, EXIT.badInput);
  assert.match(other.err.replace(/\s+/g, ' '), /has no windows of crashes/);
});

test('windows of another kind than the gates say are named by file and field', async () => {
  const score =
    'version: 1\nmetrics: { errors: { kind: score, range: [0, 1], better: lower } }\ngates: { errors: { promoteWhen: { provenWithin: 0.01abs } } }\n';
  const { code, err } = await judge(score, ROLLOUT);
  assert.equal(code, EXIT.badInput);
  assert.match(
    err,
    /windows\/internal-0-1\/errors\/0\.json:1: cells\[0\]\.payload: is "rate"; a metric of kind score stands on score/,
  );
});
