/**
 * A small real world for fault tests: registry, flag file, two servers with metrics pages, an application with traffic,
 * worker processes and a rollout on a real Temporal server. Nothing in it is faked but the model.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { flagdFileStore } from '../../activities/exposure/flagd-file.js';
import type { ExposureStore } from '../../activities/exposure/adapter.js';
import { filesRegistry } from '../../activities/registry/files.js';
import { taskQueues } from '../../workflows/contract/ids.js';
import type { Arm, Digest } from '../../workflows/contract/plan.js';
import { type Application, runApplication } from './mini-world/application.js';
import { type ArmServer, armServer } from './mini-world/arm.js';
import {
  CANDIDATE,
  FLAG,
  filesIn,
  PROPAGATION_MS,
  type WorldFiles,
  writeFlags,
  writePlatform,
  writePolicy,
  writeRegistry,
} from './mini-world/files.js';
import { type PlanSetting, planOf } from './mini-world/plan.js';
import { type Starter, startRollout, taskFailure, type WorldRollout } from './mini-world/rollout.js';
import { sharedTemporal } from './temporal.js';
import { startWorker, type WorkerProcess, type WorkerSetting } from './worker-process.js';
import { testBundle } from './workflow-test.js';

export interface MiniWorld {
  readonly model: string;
  readonly files: WorldFiles;
  readonly arms: Record<Arm, ArmServer>;
  readonly digests: Record<Arm, Digest>;
  readonly application: Application;
  /** The store as `--direct` and on-call people reach it. */
  readonly store: ExposureStore;
  /** Names a database of outcomes in the platform file; to be called before the worker starts. */
  outcomesAt(postgresPort: number): Promise<void>;
  worker(setting?: WorkerSetting): Promise<WorkerProcess>;
  start(setting?: PlanSetting, starter?: Starter): Promise<WorldRollout>;
  /** Version that the registry's `production` names. */
  production(): Promise<string>;
  /** Rewrites the flag as somebody with an editor would. */
  // biome-ignore lint/suspicious/noExplicitAny: a person may write anything
  edit(change: (flag: any) => void): void;
}

const TEST_LIMIT_MS = 150_000;
type Cleaner = () => void | Promise<void>;

/**
 * A fault test. It ends at once, with the reason, when a workflow task fails or a worker ends unasked.
 * `address` of a server of one's own; default the shared one.
 */
export function faultTest(title: string, body: (world: MiniWorld, t: TestContext) => Promise<void>): void {
  test(title, { timeout: TEST_LIMIT_MS }, async (t) => {
    const { address } = await sharedTemporal();
    await inWorld(address, (world) => body(world, t));
  });
}

export async function inWorld(address: string, body: (world: MiniWorld) => Promise<void>): Promise<void> {
  const cleaners: Cleaner[] = [];
  const over = new AbortController();
  let watchFor: Keeping['watchFor'] = () => undefined;
  // Rejected by whatever goes wrong first; things that can go wrong are added while the test runs.
  const broken = new Promise<never>((_, reject) => {
    watchFor = (wrong) => void wrong.catch(reject);
  });
  broken.catch(() => undefined);
  try {
    const world = await build(address, { cleaners, watchFor, over: over.signal });
    await Promise.race([body(world), broken]);
  } finally {
    over.abort();
    for (const clean of cleaners.reverse()) await clean();
  }
}

interface Keeping {
  cleaners: Cleaner[];
  watchFor(wrong: Promise<never>): void;
  over: AbortSignal;
}

async function build(address: string, keeping: Keeping): Promise<MiniWorld> {
  const { cleaners } = keeping;
  const directory = await mkdtemp(join(tmpdir(), 'sluice-world-'));
  cleaners.push(() => rm(directory, { recursive: true, force: true }));
  const model = `m-${randomBytes(6).toString('hex')}`;
  const files = filesIn(directory);
  const digests = await writeRegistry(files, model);
  await writeFlags(files);
  const arms = { baseline: await armServer(digests.baseline), candidate: await armServer(digests.candidate) };
  cleaners.push(async () => void (await Promise.all([arms.baseline.close(), arms.candidate.close()])));
  await writePlatform(files, { baseline: arms.baseline.url, candidate: arms.candidate.url });
  await writePolicy(files, model);
  const application = runApplication({ flagFile: files.flags, flag: FLAG, candidateVersion: CANDIDATE, arms });
  cleaners.push(() => application.stop());
  const bundle = join(directory, 'bundle.js');
  await writeFile(bundle, (await testBundle()).code);
  const queuePrefix = `f-${randomBytes(6).toString('hex')}`;
  return {
    model,
    files,
    arms,
    digests,
    application,
    store: flagdFileStore(files.flags, { propagationMs: PROPAGATION_MS }),
    outcomesAt: (port) => writePlatform(files, { baseline: arms.baseline.url, candidate: arms.candidate.url }, port),
    worker: async (setting) => {
      const { platform, policy } = files;
      const worker = await startWorker({ address, queuePrefix, bundle, platform, policy }, setting);
      cleaners.push(() => worker.kill());
      keeping.watchFor(worker.failed);
      return worker;
    },
    start: (setting = {}, starter) => begin(address, queuePrefix, { model, files, setting, starter, keeping }),
    production: () => filesRegistry(files.registry).resolveAlias(model, 'production'),
    edit: (change) => {
      const document = JSON.parse(readFileSync(files.flags, 'utf8'));
      change(document.flags[FLAG]);
      writeFileSync(files.flags, JSON.stringify(document, null, 2));
    },
  };
}

interface Beginning {
  model: string;
  files: WorldFiles;
  setting: PlanSetting;
  starter: Starter | undefined;
  keeping: Keeping;
}

async function begin(address: string, queuePrefix: string, beginning: Beginning): Promise<WorldRollout> {
  const { model, files, setting, starter, keeping } = beginning;
  const connection = await Connection.connect({ address });
  keeping.cleaners.push(() => connection.close());
  const { plan, digest } = planOf(model, setting);
  const rollout = await startRollout({
    client: new Client({ connection }),
    queues: taskQueues(queuePrefix),
    plan,
    digest,
    evidenceRoot: files.evidence,
    starter,
  });
  keeping.cleaners.push(() => rollout.handle.terminate('test over').then(noop, noop));
  keeping.watchFor(taskFailure(rollout.handle, keeping.over));
  return rollout;
}

function noop(): void {}
