import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAgainstPolicy } from '../../../approvals/check.js';
import { type Policy, readPolicy } from '../../../approvals/policy.js';
import type { Plan, StageSpec } from '../../../workflows/contract/plan.js';
import { accepted, changed, example, problem } from '../plan/support.js';

const TEXT = example('policy.yaml');
const { plan } = accepted(example('spam-filter.rollout.yaml'));

function policyOf(text: string): Policy {
  const reading = readPolicy(text, 'policy.yaml');
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  return reading.policy;
}

function problemsOf(text: string) {
  const reading = readPolicy(text, 'policy.yaml');
  assert.ok(reading.kind === 'problems', 'was accepted');
  return reading.problems;
}

const POLICY = policyOf(TEXT);
const codes = (asked: Plan, policy = POLICY, initiator = 'ada') =>
  checkAgainstPolicy(asked, policy, initiator).map(({ code, stage }) => `${code}:${stage}`);
const stagesOf = (make: (stages: StageSpec[]) => StageSpec[]): Plan => ({
  ...plan,
  stages: make(structuredClone(plan.stages)),
});

describe('a policy file', () => {
  it('is refused where two people share an id, or two models a flag', () => {
    problem(problemsOf(changed('id: grace', 'id: ada', TEXT)), 'repeatedName');
    const twice = '- { model: other, tier: low, tenant: mail, target: flags/spam-filter, registry: models }\nfloor:';
    problem(problemsOf(changed('floor:', `  ${twice}`, TEXT)), 'repeatedName');
  });

  it('is refused where the floor asks for a role that no human holds', () => {
    assert.match(
      problem(problemsOf(changed('kind: human, roles: [risk]', 'kind: service, roles: [risk]', TEXT)), 'emptyRole')
        .message,
      /risk/,
    );
  });

  it('is refused with file, line and column', () => {
    const { file, line, remedy } = problem(problemsOf(changed('tier: medium', 'tear: medium', TEXT)), 'unknownKey');
    assert.deepEqual([file, TEXT.split('\n')[line - 1]?.includes('model: spam-filter')], ['policy.yaml', true]);
    assert.match(remedy, /tier/);
  });
});

describe('the policy', () => {
  it('admits the example plan, whichever engineer starts it', () => {
    for (const initiator of ['ada', 'grace', 'somebody-else']) assert.deepEqual(codes(plan, POLICY, initiator), []);
  });

  it('refuses a plan that lowers the tier, and one that raises it without its rules', () => {
    assert.deepEqual(codes({ ...plan, risk: 'low' }), ['belowFloor:null']);
    assert.deepEqual(codes({ ...plan, risk: 'high' }), ['belowFloor:internal']);
  });

  it('refuses a stage that asks for fewer people than the floor', () => {
    const bare = stagesOf((stages) => stages.map((stage) => ({ ...stage, approval: null })));
    assert.deepEqual(codes(bare), ['belowFloor:general']);
  });

  it('refuses a plan that reaches everyone in a stage the floor does not name', () => {
    const renamed = stagesOf((stages) =>
      stages.map((stage) => ({ ...stage, name: `my-${stage.name}`, approval: null })),
    );
    assert.deepEqual(codes(renamed), ['belowFloor:my-general']);
    const early = stagesOf((stages) =>
      stages.flatMap((stage) => (stage.name === 'general' ? [{ ...stage, name: 'beta', approval: null }, stage] : [])),
    );
    assert.deepEqual(codes(early), ['belowFloor:beta']);
  });

  it('refuses a quorum that nobody can fill once the initiator is excluded', () => {
    const alone = policyOf(changed(/ {2}- \{ id: grace.*\n/, '', TEXT));
    assert.deepEqual(codes(plan, alone, 'ada'), ['unsatisfiableQuorum:general']);
    assert.deepEqual(codes(plan, alone, 'edsger').length, 1);
    const robot = policyOf(
      changed(
        'kind: service, roles: []',
        'kind: service, roles: [modelOwner]',
        changed(/ {2}- \{ id: grace.*\n/, '', TEXT),
      ),
    );
    assert.deepEqual(codes(plan, robot, 'ada'), ['unsatisfiableQuorum:general']);
  });

  it('refuses a model it does not know, or that is bound elsewhere', () => {
    assert.deepEqual(codes({ ...plan, model: 'spam-filtre' }), ['modelUnknown:null']);
    assert.deepEqual(codes({ ...plan, tenant: 'ads' }), ['boundElsewhere:null']);
    assert.deepEqual(codes({ ...plan, target: { ...plan.target, flag: 'other' } }), ['boundElsewhere:null']);
  });
});
