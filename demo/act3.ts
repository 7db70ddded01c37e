/** Act 3: everything that guards a rollout dies at once while users are exposed. They go back by themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Unexpected, type Stage, follow, keepAccount, start } from './act.js';
import { writePlan } from './files.js';
import { FLAG_DELAY_MS } from './flag-provider.js';
import { ALIAS, MODEL, VERSIONS, type Version } from './models/versions.js';
import type { Standing } from './sluice.js';

const LEASE_MS = 10_000;
/** Evaluators compare whole seconds, and a delivery under way is still answered. */
const GRACE_MS = 1_000 + FLAG_DELAY_MS + 500;
const QUIET_MS = 2_000;

export async function act3(stage: Stage): Promise<string> {
  const { narrator, world, interactive } = stage;
  narrator.title('Act 3: everything that guards it dies');
  narrator.chapter('Act 3: nb-3, and kill -9 in the middle');
  await changeArms(stage);
  narrator.say(`candidate   nb-3: ${VERSIONS['nb-3']}`);
  narrator.say(`the plan's lease is ${LEASE_MS / 1000} s: exposure lasts only as long as somebody renews it`);
  const plan = writePlan(world.dir, 'act-3', { candidate: 'nb-3', lease: `${LEASE_MS / 1000}s` });
  const rolloutId = await start(stage, plan);
  const exposed = await follow(stage, rolloutId, { until: atBeta, withinMs: 180_000 });
  if (exposed.ending !== null) throw new Unexpected(`act 3 ended before beta: ${exposed.ending.outcome}`);
  await someMail(stage);
  await killAndWait(stage);

  narrator.say('the server comes back, and a worker');
  await stage.temporal.restart();
  const { ending } = await follow(stage, rolloutId, { withinMs: 120_000 });
  await keepAccount(stage, rolloutId);
  if (interactive) return rolloutId;
  if (ending?.outcome !== 'rolledBack' || ending.lowering?.cause !== 'leaseLapsed')
    throw new Unexpected(
      `act 3 should have found its lease lapsed, and was ${ending?.outcome} (${ending?.lowering?.cause})`,
    );
  return rolloutId;
}

/** What a deployment does after a promotion: the new version becomes the baseline arm, the candidate arm is free for the next. */
async function changeArms({ world, narrator }: Stage): Promise<void> {
  const aliases = JSON.parse(readFileSync(join(world.paths.registry, MODEL, 'aliases.json'), 'utf8')) as Record<
    string,
    string
  >;
  const serving = aliases[ALIAS] as Version;
  await world.deploy('baseline', serving);
  await candidateQuiet(world, 20_000);
  await world.deploy('candidate', 'nb-3');
  narrator.say(`arms: ${serving} as baseline, nb-3 as candidate; mail went on meanwhile`);
}

function atBeta({ view, ending }: Standing): boolean {
  return ending !== null || (view?.status === 'baking' && view.stage === 'beta' && view.asked.share > 0);
}

/** Kill only once mailboxes of the share have really met the candidate. */
async function someMail({ world }: Stage): Promise<void> {
  const before = world.traffic()?.byShare.candidate ?? 0;
  const deadline = Date.now() + 20_000;
  while ((world.traffic()?.byShare.candidate ?? 0) < before + 200) {
    if (Date.now() > deadline) throw new Unexpected('no mailbox of the share met the candidate within 20 s');
    await Promise.race([delay(100), world.failed]);
  }
}

async function killAndWait({ temporal, sluice, narrator, world }: Stage): Promise<void> {
  const { pid, workerPid, serverPid } = temporal.ready();
  narrator.note(
    `kill -9 ${workerPid} ${serverPid} ${pid}: worker, Temporal and their supervisor, at ${percentNow(world.traffic())}`,
  );
  const killedMs = temporal.kill();
  narrator.say('$ sluice status spam-filter');
  const { out, err } = await sluice.run(['status', MODEL]);
  narrator.quote(`${out}${err}`);
  const lastMs = await candidateQuiet(world, LEASE_MS + 20_000);
  const took = lastMs - killedMs;
  narrator.note(
    `the last mail the candidate answered came ${(took / 1000).toFixed(1)} s after the kill; the lease is ${LEASE_MS / 1000} s`,
  );
  if (took > LEASE_MS + GRACE_MS)
    throw new Unexpected(`users stayed on the candidate ${took} ms, longer than the lease`);
}

/** Waits until the candidate arm has answered nothing for two seconds; returns when it last did. */
async function candidateQuiet(world: Stage['world'], withinMs: number): Promise<number> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const report = world.traffic();
    const lastMs = report?.lastCandidateMs ?? 0;
    if (report !== null && report.atMs - lastMs > QUIET_MS) return lastMs;
    if (Date.now() > deadline) throw new Unexpected(`the candidate still answers mail after ${withinMs / 1000} s`);
    await Promise.race([delay(100), world.failed]);
  }
}

function percentNow(report: ReturnType<Stage['world']['traffic']>): string {
  return `delivery ${(report?.made.baseline ?? 0) + (report?.made.candidate ?? 0)}, mail going to both models`;
}
