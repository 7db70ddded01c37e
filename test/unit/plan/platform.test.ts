import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPlatform } from '../../../plan/platform.js';
import type { Platform } from '../../../plan/platform-types.js';
import { resolvePlan } from '../../../plan/resolve.js';
import { accepted, changed, example, problem } from './support.js';

const TEXT = example('platform.yaml');

function platformOf(text: string): Platform {
  const reading = readPlatform(text, 'platform.yaml');
  assert.ok(reading.kind === 'platform', JSON.stringify(reading));
  return reading.platform;
}

function problemsOf(text: string) {
  const reading = readPlatform(text, 'platform.yaml');
  assert.ok(reading.kind === 'problems', 'was accepted');
  return reading.problems;
}

describe('a platform file', () => {
  it('has every default filled in, and in development mode the hosts of its connections', () => {
    const mail = platformOf(TEXT).tenants['mail'];
    assert.equal(mail?.sql['outcomes']?.deadlineMs, 3_000);
    assert.equal(mail?.sql['outcomes']?.kind, 'postgres');
    assert.equal(mail?.stores['flags']?.propagationMs, 5_000);
    assert.deepEqual(mail?.hosts, ['127.0.0.1:5432', '127.0.0.1:7101', '127.0.0.1:7102', '127.0.0.1:7103']);
  });

  it('reaches only listed hosts in production mode', () => {
    const production = changed('mode: development', 'mode: production', TEXT);
    assert.equal(problemsOf(production).filter(({ code }) => code === 'hostNotAllowed').length, 6);
    const hosts = '    hosts: ["127.0.0.1:5432", "127.0.0.1:7101", "127.0.0.1:7102", "127.0.0.1:7103"]\n    evidence';
    platformOf(changed('    evidence', hosts, production));
  });

  it('reaches only this machine in development mode', () => {
    problem(problemsOf(changed('host: 127.0.0.1', 'host: db.example.com', TEXT)), 'notLoopback');
    problem(problemsOf(changed('http://127.0.0.1:7103/events', 'http://169.254.169.254/', TEXT)), 'notLoopback');
    problem(problemsOf(changed('http://127.0.0.1:7103/events', 'http://127.0.0.1.evil.example/', TEXT)), 'notLoopback');
  });

  it('refuses a secret in clear without repeating it', () => {
    const problems = problemsOf(changed('env:OUTCOMES_PASSWORD', 'hunter2hunter2', TEXT));
    assert.ok(problems.some(({ line }) => TEXT.split('\n')[line - 1]?.includes('OUTCOMES_PASSWORD')));
    assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
  });

  it('refuses a URL with a user in it', () => {
    const problems = problemsOf(changed('http://127.0.0.1:7103', 'http://me:pw@127.0.0.1:7103', TEXT));
    assert.ok(problems.length > 0);
    assert.doesNotMatch(JSON.stringify(problems), /me:pw/);
  });

  it('refuses unknown keys with what was meant', () => {
    assert.match(
      problem(problemsOf(changed('digestMetric', 'digestMetrik', TEXT)), 'unknownKey').remedy,
      /digestMetric/,
    );
  });

  it('refuses a query time longer than a poll', () => {
    problem(problemsOf(changed('database: outcomes', 'database: outcomes, deadline: 1m', TEXT)), 'queryDeadline');
  });
});

describe('names of a plan', () => {
  const { plan } = accepted(example('spam-filter.rollout.yaml'));

  it('are resolved to connections', () => {
    const resolved = resolvePlan(plan, platformOf(TEXT));
    assert.ok(resolved.kind === 'resolved');
    assert.equal(resolved.connections.store.file, 'flags.json');
    assert.deepEqual(Object.keys(resolved.connections.sources), ['traffic', 'outcomes']);
    assert.equal(resolved.connections.arms?.kind, 'scrape');
  });

  it('that the platform does not know are all named', () => {
    const resolved = resolvePlan(
      { ...plan, notify: ['rollout-event'], target: { ...plan.target, store: 'constructor' } },
      platformOf(TEXT),
    );
    assert.ok(resolved.kind === 'missing');
    assert.equal(resolved.missing.length, 2);
    assert.match(resolved.missing.join(), /did you mean `rollout-events`/);
  });

  it('of another tenant are not found', () => {
    assert.equal(resolvePlan({ ...plan, tenant: 'ads' }, platformOf(TEXT)).kind, 'missing');
  });

  it('may be raw in development mode only', () => {
    const raw = { ...plan, target: { ...plan.target, store: './flags.json' } };
    assert.equal(resolvePlan(raw, platformOf(TEXT)).kind, 'resolved');
    assert.equal(resolvePlan(raw, { ...platformOf(TEXT), mode: 'production' }).kind, 'missing');
  });
});
