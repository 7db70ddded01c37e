/** The files the demo writes are what a user would write: plan, platform and policy are read by Sluice's own readers. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readPolicy } from '../../../approvals/policy.js';
import { signatories, Unexpected } from '../../../demo/act.js';
import {
  COHORT_ATTRIBUTE,
  pathsIn,
  PEOPLE,
  TENANT,
  writePlan,
  writePlatform,
  writePolicy,
} from '../../../demo/files.js';
import { makeKeys } from '../../../demo/keys.js';
import { readPlatform } from '../../../plan/platform.js';
import { readPlan } from '../../../plan/read.js';

describe('the files of the demo', () => {
  let dir = '';
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-demo-files-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  function plan(lease?: string) {
    const file = writePlan(dir, 'act', { candidate: 'nb-3', ...(lease === undefined ? {} : { lease }) });
    const queries = (path: string) => readFileSync(join(dirname(file), path), 'utf8');
    const reading = readPlan(readFileSync(file, 'utf8'), { file, queries });
    assert.ok(reading.kind === 'plan', JSON.stringify(reading, null, 2));
    return reading.plan;
  }

  it("give a legal plan with the act's candidate and the queries embedded", () => {
    const { candidate, metrics, target, lease, stages } = plan();
    assert.equal(candidate.version, 'nb-3');
    assert.equal(lease.forMs, 900_000);
    assert.equal(target.cohortAttribute, COHORT_ATTRIBUTE);
    assert.deepEqual(
      stages.map(({ steps }) => steps.map(({ share }) => share)),
      [[0], [0.25], [0.5, 0.95]],
    );
    const reading = metrics['mail-lost']?.reading;
    assert.ok(reading?.kind === 'sql' && reading.query.includes(':start'));
  });

  it('give a legal plan with a ten-second lease for the last act', () => {
    assert.equal(plan('10s').lease.forMs, 10_000);
  });

  it('give a platform and a policy without a problem', () => {
    const paths = pathsIn(dir);
    const arms = { baseline: 'http://127.0.0.1:4001', candidate: 'http://127.0.0.1:4002' };
    writePlatform(paths, { arms, databasePort: 4003, eventsPort: 4004 });
    const keys = makeKeys(
      paths.keys,
      PEOPLE.map(({ id }) => id),
    );
    writePolicy(paths, keys);
    const platform = readPlatform(readFileSync(paths.platform, 'utf8'), paths.platform);
    assert.ok(platform.kind === 'platform', JSON.stringify(platform));
    assert.equal(platform.platform.tenants[TENANT]?.sql['outcomes']?.port, 4003);
    const policy = readPolicy(readFileSync(paths.policy, 'utf8'), paths.policy);
    assert.ok(policy.kind === 'policy', JSON.stringify(policy));
  });
});

describe('the people of the demo', () => {
  it('fill the slots of the last stage with two people, neither of them the initiator', () => {
    const rules = [
      { role: 'modelOwner', min: 1 },
      { role: 'risk', min: 1 },
    ];
    assert.deepEqual(signatories(rules, ['ada']), ['grace', 'edsger']);
  });

  it('admit that nobody holds a role instead of approving with somebody else', () => {
    assert.throws(() => signatories([{ role: 'legal', min: 1 }], []), Unexpected);
  });
});
