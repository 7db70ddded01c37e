/** The demo's world by itself: what the flag says, the servers count, the traffic reports and the rows hold must be one. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { flagdFileStore } from '../../activities/exposure/flagd-file.js';
import { filesRegistry } from '../../activities/registry/files.js';
import { openSession } from '../../activities/sources/sql-session.js';
import { wrapQuery } from '../../activities/sources/sql-text.js';
import { COHORT_ATTRIBUTE, TENANT } from '../../demo/files.js';
import { ALIAS, MODEL } from '../../demo/models/versions.js';
import type { TrafficReport } from '../../demo/traffic.js';
import { startWorld, type World } from '../../demo/world.js';
import type { Arm } from '../../workflows/contract/plan.js';
import type { DesiredExposure, ExposureTarget } from '../../workflows/contract/exposure.js';

const ARMS: readonly Arm[] = ['baseline', 'candidate'];

async function until(world: World, what: string, holds: (report: TrafficReport) => boolean): Promise<TrafficReport> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const report = world.traffic();
    if (report !== null && holds(report)) return report;
    if (Date.now() > deadline) throw new Error(`${what}: not within 30 s; last seen ${JSON.stringify(report)}`);
    await Promise.race([delay(100), world.failed]);
  }
}

/** Sum of a counter over its series, by via. */
async function counted(url: string, name: string): Promise<Record<string, number>> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const sums: Record<string, number> = {};
  for (const [, via = '', value] of page.matchAll(new RegExp(`^${name}\\{via="([^"]+)"[^}]*\\} (\\d+)$`, 'gm')))
    sums[via] = (sums[via] ?? 0) + Number(value);
  return sums;
}

describe('the demo world', { timeout: 120_000 }, () => {
  let dir = '';
  let world: World;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
    world = await startWorld({ dir, seed: 7, log: () => {} });
  });
  after(async () => {
    await world?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('serves the digests the registry has, the baseline being the alias', async () => {
    const registry = filesRegistry(world.paths.registry);
    assert.equal(await registry.resolveAlias(MODEL, ALIAS), 'rules-1');
    for (const arm of ARMS) {
      const health = (await (await fetch(`${world.arms[arm]}/health`)).json()) as { digest: string };
      assert.equal(health.digest, await registry.digest(MODEL, world.versionOn(arm)));
    }
  });

  it('refuses a label that is no via, instead of putting it on the metrics page', async () => {
    const body = JSON.stringify([{ via: 'x"} 1', mailType: 'spam', subject: '', body: '' }]);
    const answer = await fetch(`${world.arms.baseline}/classify`, { method: 'POST', body });
    assert.equal(answer.status, 400);
    assert.doesNotMatch(await (await fetch(`${world.arms.baseline}/metrics`)).text(), /x"/);
  });

  it('redeploys an arm without losing a delivery of the other', async () => {
    await world.deploy('candidate', 'nb-2');
    const health = (await (await fetch(`${world.arms.candidate}/health`)).json()) as { version: string };
    assert.equal(health.version, 'nb-2');
    assert.equal(world.traffic()?.undelivered, 0);
  });

  it('follows the flag up and down, and counters, totals and rows agree to the unit', async () => {
    const store = flagdFileStore(world.paths.flags);
    const target: ExposureTarget = {
      tenant: TENANT,
      store: 'flags',
      flag: MODEL,
      cohortAttribute: COHORT_ATTRIBUTE,
      rolloutId: `r-${'a'.repeat(26)}`,
      baselineVersion: 'rules-1',
      candidateVersion: 'nb-2',
    };
    const { state } = await store.read(target);
    const leaseUntilMs = Date.now() + 60_000;
    const desired: DesiredExposure = {
      mode: 'exposing',
      share: 0.25,
      cohorts: ['staff'],
      leaseUntilMs,
      onSilence: 'baseline',
    };
    await store.apply({ target, desired, expectedRevision: state.revision, writeId: 'up' });
    const start = await until(world, 'the candidate is reached', ({ byShare }) => byShare.candidate > 0);
    const reading = readLikeSluice(world, 12);
    const end = await until(world, '10 s of traffic', ({ atMs }) => atMs >= start.atMs + 10_000);
    assert.ok((await reading) > 0, 'no read saw a row');

    const byShare = ARMS.map((arm) => end.byShare[arm] - start.byShare[arm]);
    const share = (byShare[1] ?? 0) / ((byShare[0] ?? 0) + (byShare[1] ?? 0));
    // 4,500 users: five standard deviations are 3.2 points.
    assert.ok(Math.abs(share - 0.25) < 0.033, `share ${share} of ${byShare.join(' + ')}`);

    await store.restoreToZero(target, 'down');
    const lowered = Date.now();
    await until(world, 'back on the baseline', ({ atMs, lastCandidateMs }) => atMs - (lastCandidateMs ?? 0) > 1_000);
    const final = await world.endTraffic();
    assert.ok((final.lastCandidateMs ?? 0) - lowered < 1_000, 'the candidate answered long after the flag went down');
    assert.equal(final.undelivered, 0);
    await agree(world, final);
  });
});

/** Sessions of the sql source beside the traffic's writes, all on one session of the database; returns the last count. */
async function readLikeSluice(world: World, times: number): Promise<number> {
  const place = { host: '127.0.0.1', port: world.databasePort, database: 'postgres', user: 'postgres' };
  let count = 0;
  for (let time = 0; time < times; time++) {
    const connection = { kind: 'postgres', ...place, password: null, deadlineMs: 4_000 } as const;
    const session = await openSession(connection, '', AbortSignal.timeout(5_000));
    const { rows } = await session.table('select count(*) from outcomes where at > $1::timestamptz', [
      new Date(0).toISOString(),
    ]);
    await session.close();
    count = Number(rows[0]?.[0]);
  }
  return count;
}

async function agree(world: World, final: TrafficReport): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port: world.databasePort, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const lost = await windowOf(client, world, 'mail-lost');
    const kept = await windowOf(client, world, 'spam-kept');
    for (const arm of ARMS) {
      const counters = await counted(world.arms[arm], 'requests_total');
      const rows: Record<string, number> = {};
      for (const row of [...lost, ...kept])
        if (row.arm === arm) rows[row.via] = (rows[row.via] ?? 0) + Number(row.units);
      assert.deepEqual(rows, counters, arm);
      assert.equal(
        Object.values(counters).reduce((sum, one) => sum + one, 0),
        final.made[arm],
        arm,
      );
      assert.equal(
        Object.values(await counted(world.arms[arm], 'requests_failed_total')).every((n) => n === 0),
        true,
      );
    }
    assert.ok(Object.keys(await counted(world.arms.candidate, 'requests_total')).includes('cohort:staff'));
    assert.deepEqual(new Set(lost.map(({ mailType }) => mailType)), new Set(['easy-ham', 'hard-ham']));
  } finally {
    await client.end();
  }
}

interface Row {
  arm: Arm;
  via: string;
  mailType?: string;
  units: string;
}

/** The plan's own query, as the sql source sends it. */
async function windowOf(client: pg.Client, world: World, query: string): Promise<Row[]> {
  const text = await readFile(new URL(`../../demo/queries/${query}.sql`, import.meta.url), 'utf8');
  const { rows } = await client.query(wrapQuery(text), [new Date(0).toISOString(), new Date().toISOString()]);
  assert.ok(rows.length > 0, `${query} has no rows on port ${world.databasePort}`);
  return rows as Row[];
}
