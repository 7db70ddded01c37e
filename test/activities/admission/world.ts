/** A place where rollouts can be admitted: real files, real arms, real keys; admission runs as the activity of a rollout. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { admit } from '../../../activities/admit.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { isFailure } from '../../../activities/failures.js';
import { directoryEvidence } from '../../../activities/store/directory.js';
import { parsePublicKey } from '../../../approvals/ssh-key.js';
import { canonicalStatement } from '../../../approvals/statement.js';
import { depsOf } from '../../../worker/deps.js';
import { readSettings } from '../../../worker/settings.js';
import type { Admission, AdmitInput, AnnounceInput } from '../../../workflows/contract/activities.js';
import {
  type BreakGlass,
  NAMESPACES,
  type Signed,
  type StartStatement,
} from '../../../workflows/contract/decisions.js';
import { WORKFLOW_TYPE, workflowId } from '../../../workflows/contract/ids.js';
import { armServer } from '../../support/mini-world/arm.js';
import { FLAG, filesIn, TENANT, writeFlags, writePlatform, writeRegistry } from '../../support/mini-world/files.js';
import { planOf } from '../../support/mini-world/plan.js';
import type { KeyRing } from '../../support/ssh.js';

export const MODEL = 'spam-filter';
const BAKE = '{ warmup: 1s, min: 2s, max: 3m }';
const STAGES = `[{ name: general, exposure: { share: [25%, 100%] }, bake: ${BAKE}, gates: [errors-low] }]`;
export const { plan: PLAN, digest: PLAN_DIGEST } = planOf(MODEL, { stages: STAGES });

export interface World {
  evidenceRoot: string;
  /** What was sent to whoever is on call. */
  sent: Omit<AnnounceInput, 'notify'>[];
  /** Settings are read and checked as a worker does; `serial` and further lines of the policy make another worker. */
  deps(setting?: Setting): Promise<ActivityDeps>;
}

export interface Setting {
  trusted?: boolean;
  serial?: number;
  /** Of the policy, after everything else. */
  more?: string;
  people?: string;
  args?: string[];
}

export async function world(t: TestContext, ring: KeyRing): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-admission-'));
  const files = filesIn(directory);
  const digests = await writeRegistry(files, MODEL);
  await writeFlags(files);
  await mkdir(files.evidence);
  const arms = { baseline: await armServer(digests.baseline), candidate: await armServer(digests.candidate) };
  t.after(async () => {
    await Promise.all([arms.baseline.close(), arms.candidate.close()]);
    await rm(directory, { recursive: true, force: true });
  });
  await writePlatform(files, { baseline: arms.baseline.url, candidate: arms.candidate.url });
  const roots = join(directory, 'roots.pub');
  await writeFile(roots, ROOTS.map((name) => `${ring.key(name).line}\n`).join(''));
  const sent: World['sent'] = [];
  return {
    evidenceRoot: files.evidence,
    sent,
    deps: async (setting = {}) => {
      const { trusted = true, args = [] } = setting;
      const text = policyText(ring, setting);
      await writeFile(files.policy, text);
      await writeFile(
        `${files.policy}.sig`,
        ROOTS.map((name) => ring.key(name).sign(NAMESPACES.policy, text)).join(''),
      );
      const asked = ['--platform', files.platform, '--policy', files.policy, ...args];
      const deps = await depsOf(readSettings([...asked, ...(trusted ? ['--trust-roots', roots] : [])]));
      const channel = { kind: 'webhook', url: 'http://127.0.0.1:9/', secret: 'env:NONE' } as const;
      const tenant = deps.platform.tenants[TENANT];
      if (tenant) tenant.notify = { pager: channel, broken: channel };
      const connections = (name: string) => ({
        ...deps.connections(name),
        notifier: (to: string) => notifier(to, sent),
      });
      return { ...deps, connections };
    },
  };
}

const ROOTS = ['root-a', 'root-b'];

function notifier(to: string, sent: World['sent']) {
  return {
    send: async (event: Omit<AnnounceInput, 'notify'>) => {
      if (to === 'broken') throw new Error('nobody listens');
      sent.push(event);
    },
  };
}

function policyText(ring: KeyRing, { serial = 1, more = '', people = '' }: Setting): string {
  const person = (id: string, roles: string, kind = 'human') =>
    `  - { id: ${id}, kind: ${kind}, roles: [${roles}], keys: ["${ring.key(id).line}"] }`;
  return `version: 1
serial: ${serial}
people:
${person('ada', 'modelOwner')}
${person('bob', 'risk, onCall')}
${person('eve', 'onCall')}
${person('robot', '', 'service')}
${people}
models:
  - { model: ${MODEL}, tier: low, tenant: ${TENANT}, target: flags/${FLAG}, registry: models }
floor: {}
breakGlass:
  rules: [{ role: onCall, min: 2 }]
  reasonCodes: [outage]
  cap: 25%
  reviewWithin: 48h
  reviewRole: risk
${more}
`;
}

export const ROLLOUT = `r-${'a'.repeat(26)}`;

export function order(change: Partial<AdmitInput> = {}): AdmitInput {
  return {
    tenant: TENANT,
    model: MODEL,
    rolloutId: ROLLOUT,
    plan: PLAN,
    planDigest: PLAN_DIGEST,
    by: 'robot',
    statedPolicyDigest: null,
    order: null,
    breakGlass: [],
    ...change,
  };
}

export const OUTAGE: BreakGlass = { reasonCode: 'outage', reason: 'spam floods every mailbox', waive: ['errors-low'] };

export interface Signing {
  namespace?: string;
  /** Whose key signs it; default: whoever it names. */
  signer?: string;
}

export function signedStart(
  ring: KeyRing,
  change: Partial<StartStatement>,
  { namespace = NAMESPACES.start, signer }: Signing = {},
): Signed {
  const by = change.by ?? 'robot';
  const reading = parsePublicKey(ring.key(signer ?? by).line);
  const says: StartStatement = {
    version: 1,
    tenant: TENANT,
    model: MODEL,
    rolloutId: ROLLOUT,
    plan: PLAN_DIGEST,
    by,
    key: reading.kind === 'key' ? reading.key.fingerprint : '',
    issuedAtMs: Date.now(),
    breakGlass: null,
    ...change,
  };
  const statement = canonicalStatement(says);
  return { statement, signature: ring.key(signer ?? by).sign(namespace, statement) };
}

/** Started by the robot; `approvedBy` makes it an emergency. */
export function startOrder(ring: KeyRing, change: Partial<AdmitInput> = {}): AdmitInput {
  const { rolloutId = ROLLOUT, planDigest: plan = PLAN_DIGEST } = change;
  return order({ order: signedStart(ring, { rolloutId, plan }), ...change });
}

export function emergency(
  ring: KeyRing,
  approvers: string[],
  {
    rolloutId = ROLLOUT,
    breakGlass = OUTAGE,
    ...change
  }: { rolloutId?: string; breakGlass?: BreakGlass } & Pick<Partial<AdmitInput>, 'plan' | 'planDigest'> = {},
): AdmitInput {
  const says = { rolloutId, breakGlass, plan: change.planDigest ?? PLAN_DIGEST };
  return order({
    rolloutId,
    ...change,
    order: signedStart(ring, says),
    breakGlass: approvers.map((by) => signedStart(ring, { ...says, by }, { namespace: NAMESPACES.breakGlass })),
  });
}

export function admitting(deps: ActivityDeps, input: AdmitInput): Promise<Admission> {
  const workflowExecution = { workflowId: workflowId(TENANT, MODEL), runId: 'run' };
  const environment = new MockActivityEnvironment({ workflowType: WORKFLOW_TYPE, workflowExecution });
  return environment.run(() => admit(deps)(input));
}

/** Code and sentence of the refusal. */
export async function refusal(deps: ActivityDeps, input: AdmitInput): Promise<{ code: string; sentence: string }> {
  try {
    await admitting(deps, input);
  } catch (error) {
    const { type, message } = error as { type?: string; message: string };
    if (type !== undefined && isFailure(error, type as never)) return { code: type, sentence: message };
    throw error;
  }
  throw new Error('it was admitted');
}

export function evidenceOf({ evidenceRoot }: World, rolloutId = ROLLOUT) {
  return directoryEvidence(evidenceRoot).open(TENANT, rolloutId);
}
