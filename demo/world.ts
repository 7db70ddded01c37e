/**
 * Everything of the demo that is not Sluice: a registry with four versions, two servers, an outcomes database, mail
 * traffic, a receiver of events, and the files that name them. Acts and tests start one and look at its traffic.
 */
import { EventEmitter } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { Arm } from '../workflows/contract/plan.js';
import { type Child, startChild } from './children.js';
import type { DatabaseReady } from './database.js';
import { type EventReceiver, receiveEvents } from './events.js';
import {
  COHORT_ATTRIBUTE,
  type Paths,
  PEOPLE,
  pathsIn,
  writeFlag,
  writePlatform,
  writePolicy,
  writeWebhookSecret,
} from './files.js';
import { makeKeys } from './keys.js';
import { loadMail } from './mail.js';
import { fillRegistry, MODEL, serveFromTheStart, type Version } from './models/versions.js';
import type { ArmUrls } from './routes.js';
import type { ServerArgument, ServerReady } from './server.js';
import type { TrafficArgument, TrafficReport } from './traffic.js';

export interface WorldOptions {
  /** New or empty; everything is written below it. */
  dir: string;
  seed: number;
  log: (line: string) => void;
  /** Deliveries a second; default 500. */
  rate?: number;
}

export interface World {
  dir: string;
  paths: Paths;
  arms: ArmUrls;
  databasePort: number;
  events: EventReceiver;
  /** The last report, at most a quarter of a second old; null before the first. */
  traffic(): TrafficReport | null;
  /** Ends the mail and waits until every delivery under way is written down; returns the final totals. */
  endTraffic(): Promise<TrafficReport>;
  versionOn(arm: Arm): Version;
  /** Restarts one arm with another version, on the same port; resolves when the mail is sent there. */
  deploy(arm: Arm, version: Version): Promise<void>;
  /** Rejects as soon as a part ends by itself. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

const FIRST: Record<Arm, Version> = { baseline: 'rules-1', candidate: 'nb-1' };

/** Ready when the first delivery has been made; takes 10 to 15 s. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const running: Part[] = [];
  const stop = async () => {
    for (const part of running.splice(0)) await part.stop();
  };
  try {
    const parts = await startParts(options, (part) => {
      running.unshift(part);
      return part;
    });
    return { ...parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Part {
  stop(): Promise<void>;
}

/** Every part is given to `keep` as soon as it runs, so that a start that fails half-way leaves nothing behind. */
async function startParts(
  { dir, seed, log, rate = 500 }: WorldOptions,
  keep: <One extends Part>(part: One) => One,
): Promise<Omit<World, 'stop'>> {
  mkdirSync(dir, { recursive: true });
  const paths = pathsIn(dir);
  const { failed, watch } = watchFailures();
  log('starting the outcomes database, and training four versions of the filter on half of 6,046 mails');
  const starting = startChild<DatabaseReady>({ name: 'the outcomes database', file: 'database.ts', argument: {} });
  prepareRegistry(paths);
  const database = keep(await starting);
  watch(database.failed);
  const servers = keep(await startServers(paths, watch));
  log(`two servers: ${FIRST.baseline} as baseline, ${FIRST.candidate} as candidate`);
  writeFlag(paths, FIRST.baseline);
  writePolicy(
    paths,
    makeKeys(
      paths.keys,
      PEOPLE.map(({ id }) => id),
    ),
  );
  const events = keep(await receiveEvents(writeWebhookSecret(paths)));
  const [arms, databasePort] = [servers.urls, database.ready.port];
  writePlatform(paths, { arms, databasePort, eventsPort: events.port });
  const mail = keep(await startTraffic(trafficArgument(paths, arms, databasePort, seed, rate)));
  watch(mail.failed);
  log(`mail arrives: ${rate} deliveries a second, drawn with seed ${seed}`);
  await Promise.race([mail.first, failed]);
  return {
    dir,
    paths,
    arms,
    databasePort,
    events,
    traffic: mail.last,
    endTraffic: mail.end,
    versionOn: (arm) => servers.versionOn(arm),
    deploy: async (arm, version) => {
      await servers.deploy(arm, version);
      // Until the mail knows of it, a flag that names the version would lead nowhere.
      await Promise.race([mail.until(({ serving }) => serving[arm] === version), failed]);
    },
    failed,
  };
}

function prepareRegistry({ registry }: Paths): void {
  fillRegistry(registry, loadMail());
  serveFromTheStart(registry, FIRST.baseline);
}

/** One promise for the whole world, rejected by the first part that ends by itself. */
function watchFailures(): { failed: Promise<never>; watch: (failed: Promise<never>) => void } {
  let reject: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, no) => {
    reject = no;
  });
  failed.catch(() => {}); // Until somebody races it.
  return { failed, watch: (part) => void part.catch(reject) };
}

interface Servers {
  urls: ArmUrls;
  versionOn(arm: Arm): Version;
  deploy(arm: Arm, version: Version): Promise<void>;
  stop(): Promise<void>;
}

async function startServers({ registry }: Paths, watch: (failed: Promise<never>) => void): Promise<Servers> {
  const start = async (arm: Arm, version: Version, port: number): Promise<Child<ServerReady>> => {
    const argument: ServerArgument = { registry, version, port };
    const child = await startChild<ServerReady>({ name: `the ${arm} server`, file: 'server.ts', argument });
    watch(child.failed);
    return child;
  };
  const [baseline, candidate] = await Promise.all([
    start('baseline', FIRST.baseline, 0),
    start('candidate', FIRST.candidate, 0),
  ]);
  const children: Record<Arm, Child<ServerReady>> = { baseline, candidate };
  const versions = { ...FIRST };
  const url = (child: Child<ServerReady>) => `http://127.0.0.1:${child.ready.port}`;
  return {
    urls: { baseline: url(baseline), candidate: url(candidate) },
    versionOn: (arm) => versions[arm],
    deploy: async (arm, version) => {
      const { port } = children[arm].ready;
      await children[arm].stop();
      children[arm] = await start(arm, version, port);
      versions[arm] = version;
    },
    stop: async () => void (await Promise.all(Object.values(children).map((child) => child.stop()))),
  };
}

function trafficArgument(
  paths: Paths,
  arms: ArmUrls,
  databasePort: number,
  seed: number,
  rate: number,
): TrafficArgument {
  const flag = { flagFile: paths.flags, flag: MODEL, cohortAttribute: COHORT_ATTRIBUTE, fallback: FIRST.baseline };
  return { seed, rate, staffShare: 0.1, ...flag, arms, databasePort };
}

async function startTraffic(argument: TrafficArgument) {
  let last: TrafficReport | null = null;
  const reports = new EventEmitter<{ report: [TrafficReport] }>();
  const onMessage = (message: Record<string, unknown>) => {
    if (message['kind'] !== 'traffic') return;
    last = message as unknown as TrafficReport;
    reports.emit('report', last);
  };
  const until = (holds: (report: TrafficReport) => boolean) =>
    new Promise<void>((resolve) => {
      const look = (report: TrafficReport) => {
        if (!holds(report)) return;
        reports.off('report', look);
        resolve();
      };
      reports.on('report', look);
    });
  const first = until(({ made }) => made.baseline > 0);
  const child = await startChild<object>({ name: 'the mail traffic', file: 'traffic.ts', argument, onMessage });
  const end = async () => {
    await child.stop();
    if (last === null) throw new Error('the mail traffic never reported');
    return last;
  };
  return { ...child, first, until, last: () => last, end };
}
