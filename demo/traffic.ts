/**
 * The mail traffic, a process of its own: about 500 deliveries a second, drawn at random from mail no model has seen.
 * Sluice has no part in it: this is the application whose model is being rolled out.
 */
import { OpenFeature } from '@openfeature/server-sdk';
import type { Arm } from '../workflows/contract/plan.js';
import { announceReady, argument, endWithParent } from './child.js';
import { type Courier, type Tally, courier } from './courier.js';
import { type Drawn, deliveries } from './draw.js';
import { flagFileProvider } from './flag-provider.js';
import { type Mail, loadMail } from './mail.js';
import { MOST_CHARACTERS } from './models/words.js';
import { outcomeWriter } from './outcomes.js';
import { type ArmUrls, watchRoutes } from './routes.js';

export interface TrafficArgument {
  seed: number;
  /** Deliveries a second. */
  rate: number;
  /** Part of the deliveries that go to staff, 0..1. */
  staffShare: number;
  flagFile: string;
  flag: string;
  /** Context attribute that names the cohort. */
  cohortAttribute: string;
  /** Version to use should the flag be missing. */
  fallback: string;
  arms: ArmUrls;
  databasePort: number;
}

/** Sent to the parent four times a second: totals since the start. */
export interface TrafficReport extends Tally {
  kind: 'traffic';
  atMs: number;
  /** Versions that deliveries are sent to, by arm. */
  serving: Partial<Record<Arm, string>>;
}

const TICK_MS = 50;
/** After a stall the backlog is dropped, not made up for in a burst. */
const MOST_PER_TICK = 150;
const REPORT_EVERY_MS = 250;

async function main(given: TrafficArgument): Promise<void> {
  const draw = deliveries(heldOut(), given.seed, given.staffShare);
  await OpenFeature.setProviderAndWait(flagFileProvider(given.flagFile));
  const routes = await watchRoutes(given.arms);
  const outcomes = await outcomeWriter(given.databasePort, fatal);
  const couriers = courier({ ...given, routes, record: (outcome) => outcomes.add(outcome) });
  const report = () =>
    new Promise<void>((resolve) => {
      const sent: TrafficReport = { kind: 'traffic', atMs: Date.now(), serving: routes.serving(), ...couriers.tally };
      process.send?.(sent, () => resolve());
    });
  const stopTicking = tick(given.rate, draw, couriers);
  const reports = setInterval(() => void report(), REPORT_EVERY_MS);
  endWithParent(async () => {
    stopTicking();
    clearInterval(reports);
    await couriers.idle();
    routes.stop();
    await outcomes.close();
    await report();
  });
  announceReady({});
}

function heldOut(): Mail[] {
  const unseen = loadMail().filter(({ split }) => split === 'heldOut');
  return unseen.map((mail) => ({ ...mail, body: mail.body.slice(0, MOST_CHARACTERS) }));
}

/** As many deliveries per tick as the clock says are due. */
function tick(rate: number, draw: () => Drawn<Mail>, couriers: Courier): () => void {
  let [last, owed] = [performance.now(), 0];
  const timer = setInterval(() => {
    const now = performance.now();
    owed = Math.min(owed + ((now - last) * rate) / 1000, MOST_PER_TICK);
    last = now;
    const batch = Array.from({ length: Math.floor(owed) }, draw);
    owed -= batch.length;
    if (batch.length > 0) couriers.deliver(batch).catch(fatal);
  }, TICK_MS);
  return () => clearInterval(timer);
}

function fatal(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

await main(argument<TrafficArgument>());
