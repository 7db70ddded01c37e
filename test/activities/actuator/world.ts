/** A real flag file, registry and evidence store, a rollout admitted in them, and people with keys: what the actuator sees. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityDeps } from '../../../activities/deps.js';
import type { ExposureStore } from '../../../activities/exposure/adapter.js';
import { flagdFileStore } from '../../../activities/exposure/flagd-file.js';
import { promote, settle } from '../../../activities/promote.js';
import { raiseExposure } from '../../../activities/raise.js';
import { filesRegistry } from '../../../activities/registry/files.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import type { RolloutEvidence } from '../../../activities/store/adapter.js';
import type { Policy, PolicyPerson } from '../../../approvals/policy.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import { digestOf } from '../../../plan/canonical.js';
import type {
  Admission,
  PromoteInput,
  Promoted,
  Raised,
  RaiseInput,
  SettleInput,
} from '../../../workflows/contract/activities.js';
import { type Mandate, NAMESPACES, type Request } from '../../../workflows/contract/decisions.js';
import { WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import type { Observation } from '../../../workflows/contract/windows.js';
import { anAdmission } from '../../support/admission.js';
import { aPlan } from '../../support/plans.js';
import { type Answer, ada, anApprover, aRequest, eve, rex, signedAnswer } from '../../unit/approvals/decided.js';
import { both, type Counts, window } from '../../unit/judge/world.js';
import { evaluator, flagFile, R1, targetOf } from '../exposure/support.js';

export { ada, eve, rex } from '../../unit/approvals/decided.js';
/** Holds no role that any stage asks for. */
export const zoe = anApprover('p-zoe', ['product']);

const HOUR = 3_600_000;

export interface Setting {
  plan?: Partial<Plan>;
  policy?: Partial<Policy>;
  admission?: Partial<Admission>;
  /** Documents that admission did not write. */
  without?: string[];
  trusted?: boolean;
}

/** What the server says of the activity. */
export type Caller = { workflowType?: string; workflowId?: string };

export interface ActuatorWorld {
  deps: ActivityDeps;
  plan: Plan;
  admission: Admission;
  evidence: RolloutEvidence;
  store: ExposureStore;
  /** Path of the flag file. */
  flags: string;
  /** The flag file, byte for byte. */
  bytes(): string;
  production(): Promise<string>;
  /** What a user of a cohort is served. */
  serves(cohort: string): string;
  /** A raise as an honest workflow would order it, on the revision now in force. */
  order(stage: string, step: number, change?: Partial<RaiseInput>): Promise<RaiseInput>;
  raise(input: RaiseInput, caller?: Caller): Promise<Raised>;
  promotion(change?: Partial<PromoteInput>): Promise<PromoteInput>;
  promote(input: PromoteInput, caller?: Caller): Promise<Promoted>;
  settle(input: SettleInput, caller?: Caller): Promise<Promoted>;
  /** Windows that prove a pass of the step; `candidate`: units and failures of each. */
  bake(stage: string, step: number, candidate?: Counts, key?: string): Promise<void>;
  /** Answers to the request of a stage; by default those that make its quorum. */
  mandate(stage: string, answers?: Answer[], change?: Partial<Request>): Mandate;
  /** Everything up to a step of the plan, done properly. */
  upTo(stage: string, step: number): Promise<void>;
}

export async function actuatorWorld(t: TestContext, setting: Setting = {}): Promise<ActuatorWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-actuator-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const flags = flagFile(t);
  const store = flagdFileStore(flags, { propagationMs: 0 });
  const registry = await registryIn(join(directory, 'models'));
  const plan = aPlan(setting.plan);
  const target = targetOf();
  const admission = anAdmission({
    target,
    baselineVersion: target.baselineVersion,
    candidateVersion: target.candidateVersion,
    digests: { ...anAdmission().digests, ...registry.digests, plan: digestOf(plan) },
    people: [ada, rex, eve, zoe].map(({ person: { id, kind, roles } }) => ({ id, kind, roles })),
    assurance: 'signed',
    ...setting.admission,
  });
  const evidenceStore = directoryEvidence(join(directory, 'evidence'));
  const evidence = await evidenceStore.create('mail', R1);
  const documents = { plan, admission, 'start-order': startedBy('p-eve', admission) };
  for (const [name, json] of Object.entries(documents)) {
    if (!setting.without?.includes(name)) await evidence.putDocument(name, json);
  }
  const deps = {
    policy: aPolicy(setting.policy),
    policyDigest: admission.digests.policy,
    trust: (setting.trusted ?? true) ? { roots: [], policyText: '', policySignatures: [] } : null,
    actuator: 'in-process',
    connections: () => ({
      exposure: () => store,
      evidence: () => evidenceStore,
      registry: () => ({ registry: registry.files, alias: 'production' }),
    }),
    now: () => Date.now(),
    reached: () => undefined,
  } as unknown as ActivityDeps;
  return worldOf({ deps, plan, admission, evidence, store, flags, registry: registry.files });
}

type Parts = Pick<ActuatorWorld, 'deps' | 'plan' | 'admission' | 'evidence' | 'store' | 'flags'> & {
  registry: ReturnType<typeof filesRegistry>;
};

function worldOf({ deps, plan, admission, evidence, store, flags, registry }: Parts): ActuatorWorld {
  const ref = { tenant: 'mail', model: 'spam-filter', rolloutId: R1, target: admission.target };
  const { forMs: leaseForMs, onSilence } = plan.lease;
  let writes = 0;
  const fence = async (): Promise<{ expectedRevision: number; writeId: string; atMs: number }> => ({
    expectedRevision: (await store.read(admission.target)).state.revision,
    writeId: `${R1}/${(writes += 1)}`,
    atMs: Date.now(),
  });
  const asks = (stage: string) => plan.stages.find(({ name }) => name === stage)?.approval ?? null;
  const world: ActuatorWorld = {
    deps,
    plan,
    admission,
    evidence,
    store,
    flags,
    bytes: () => readFileSync(flags, 'utf8'),
    production: () => registry.resolveAlias('spam-filter', 'production'),
    serves: (cohort) => evaluator(flags)({ targetingKey: 'somebody', cohort }).value,
    order: async (stage, step, change = {}) => ({
      ...ref,
      stage,
      step,
      exposure: plan.stages.find(({ name }) => name === stage)?.steps[step] ?? { share: 0, cohorts: [] },
      leaseForMs,
      onSilence,
      ...(await fence()),
      mandate: asks(stage) ? world.mandate(stage) : null,
      ...change,
    }),
    raise: (input, caller) => called(caller, raiseExposure(deps), input),
    promotion: async (change = {}) => ({
      ...ref,
      registry: plan.candidate.registry,
      alias: admission.alias,
      from: { version: admission.baselineVersion, digest: admission.digests.baseline },
      to: { version: admission.candidateVersion, digest: admission.digests.candidate },
      holdBack: plan.after?.holdBack ?? 0,
      ...(await fence()),
      mandate: world.mandate('general'),
      ...change,
    }),
    promote: (input, caller) => called(caller, promote(deps), input),
    settle: (input, caller) => called(caller, settle(deps), input),
    bake: async (stage, step, candidate = [2_000, 0], key = `windows/${stage}-${step}-1`) => {
      const share = plan.stages.find(({ name }) => name === stage)?.steps[step]?.share ?? 0;
      const phase = key.startsWith('guard/') ? 'guard' : 'bake';
      for (let index = 0; index < 5; index += 1) {
        const seen = share > 0 ? splitAt(share, candidate) : cohortOf(candidate);
        await evidence.putWindow(key, window(index, seen, { share, phase }));
      }
    },
    mandate: (stage, answers = quorumOf(stage), change = {}) => {
      const request = requestOf(plan, admission, stage, change);
      const atMs = request.openedAtMs + 60_000;
      const decisions = answers.map((answer) => ({
        ...signedAnswer({ request, issuedAtMs: atMs, ...answer }),
        by: (answer.by ?? ada).person.id,
        atMs,
      }));
      return { request, decisions };
    },
    upTo: async (stage, step) => {
      for (const { name, steps } of plan.stages)
        for (const index of steps.keys()) {
          await world.raise(await world.order(name, index));
          if (name === stage && index === step) return;
          await world.bake(name, index);
        }
    },
  };
  return world;
}

/** The code of the refusal; `done` when there was none. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    (error: Error & { type?: string }) => error.type ?? error.message,
  );
}

function called<I, O>(caller: Caller = {}, activity: (input: I) => Promise<O>, input: I): Promise<O> {
  const { workflowType = WORKFLOW_TYPE, workflowId: id = workflowId('mail', 'spam-filter') } = caller;
  const environment = new MockActivityEnvironment({
    workflowType,
    workflowExecution: { workflowId: id, runId: 'run' },
  });
  return environment.run(activity, input) as Promise<O>;
}

/** Users split as the share says, the baseline without failures. */
export function splitAt(share: number, candidate: Counts): Observation {
  return both([Math.round((candidate[0] * (1 - share)) / share), 0], candidate);
}

function cohortOf([units, events]: Counts) {
  const payload = { kind: 'rate' as const, units, events };
  const cell = { arm: 'candidate' as const, via: 'cohort:staff' as const, slice: null, payload };
  return { kind: 'value' as const, cells: [cell, { ...cell, arm: 'baseline' as const, via: 'share' as const }] };
}

function quorumOf(stage: string): Answer[] {
  return stage === 'beta' ? [{ by: ada }] : [{ by: ada }, { by: rex }];
}

function requestOf(plan: Plan, admission: Admission, name: string, change: Partial<Request>): Request {
  const stage = plan.stages.find((each) => each.name === name);
  const { digests, baselineVersion, candidateVersion } = admission;
  const { plan: planDigest, policy, candidate, baseline } = digests;
  const openedAtMs = Date.now() - 10 * 60_000;
  return aRequest({
    rolloutId: R1,
    stage: name,
    baselineVersion,
    candidateVersion,
    digests: { ...aRequest().digests, plan: planDigest, policy, candidate, baseline },
    steps: stage?.steps ?? [],
    exposureCap: stage?.steps.at(-1) ?? { share: 0, cohorts: [] },
    rules: stage?.approval?.rules ?? [],
    excluded: stage?.approval?.exclude.includes('initiator') ? ['p-eve'] : [],
    openedAtMs,
    expiresAtMs: openedAtMs + HOUR,
    ...change,
  });
}

function startedBy(by: string, { digests }: Admission): { statement: string; signature: string } {
  const key = eve.keys[0];
  const said = { version: 1, tenant: 'mail', model: 'spam-filter', rolloutId: R1, plan: digests.plan, by };
  const statement = canonicalStatement({
    ...said,
    key: key?.fingerprint,
    issuedAtMs: Date.now() - HOUR,
    breakGlass: null,
  });
  return { statement, signature: key?.sign(statement, NAMESPACES.start) ?? '' };
}

export function people(change: Record<string, Partial<PolicyPerson>> = {}): PolicyPerson[] {
  return [ada, rex, eve, zoe].map(({ person }) => ({ ...person, ...change[person.id] }));
}

function aPolicy(change: Partial<Policy> = {}): Policy {
  const rules = { assurance: 'signed', requiredKinds: {}, capBeforeApproval: 1, evidenceMaxAgeMs: null } as const;
  const bound = { tenant: 'mail', target: 'flags/spam-filter', registry: 'models', gates: {} };
  return {
    version: 1,
    serial: 1,
    demo: false,
    prev: null,
    people: people(),
    models: [{ model: 'spam-filter', tier: 'medium', ...bound }],
    floor: { low: {}, medium: {}, high: {} },
    tiers: { low: rules, medium: rules, high: rules },
    freezes: [],
    breakGlass: null,
    logs: [],
    ...change,
  };
}

async function registryIn(root: string) {
  for (const version of ['rules-1', 'nb-2']) {
    mkdirSync(join(root, 'spam-filter', version), { recursive: true });
    writeFileSync(join(root, 'spam-filter', version, 'model.json'), JSON.stringify({ version }));
  }
  writeFileSync(join(root, 'spam-filter', 'aliases.json'), JSON.stringify({ production: 'rules-1' }));
  const files = filesRegistry(root);
  const digest = (version: string) => files.digest('spam-filter', version);
  return { files, digests: { baseline: await digest('rules-1'), candidate: await digest('nb-2') } };
}
