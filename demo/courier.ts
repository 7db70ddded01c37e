/**
 * Makes deliveries: asks the flag through OpenFeature which version a mailbox gets and how it came to it, has the
 * server with that version classify the mail, and records the outcome. One request carries many deliveries of one arm.
 */
import { Agent, request } from 'node:http';
import { OpenFeature } from '@openfeature/server-sdk';
import { bucketKey, viaOf } from '../activities/exposure/application.js';
import type { Arm } from '../workflows/contract/plan.js';
import type { Classified, Delivery } from './classify.js';
import type { Drawn } from './draw.js';
import type { Mail } from './mail.js';
import type { Outcome } from './outcomes.js';
import type { ArmUrls, Routes } from './routes.js';

/** Totals since the start. */
export interface Tally {
  made: Record<Arm, number>;
  /** Among them users whom the share decides about: neither staff in a cohort nor outside the rollout. */
  byShare: Record<Arm, number>;
  /** No server, no answer, or the model failed: no outcome either. */
  undelivered: number;
  /** When the candidate arm last answered, Unix ms; null: never. */
  lastCandidateMs: number | null;
}

export interface Courier {
  deliver(batch: readonly Drawn<Mail>[]): Promise<void>;
  tally: Tally;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface CourierOptions {
  flag: string;
  cohortAttribute: string;
  fallback: string;
  arms: ArmUrls;
  routes: Routes;
  record: (outcome: Outcome) => void;
}

interface Sent {
  drawn: Drawn<Mail>;
  via: string;
}

const ANSWER_MS = 5_000;

export function courier(options: CourierOptions): Courier {
  const tally: Tally = {
    made: { baseline: 0, candidate: 0 },
    byShare: { baseline: 0, candidate: 0 },
    undelivered: 0,
    lastCandidateMs: null,
  };
  const underWay = new Set<Promise<void>>();
  const deliver = async (batch: readonly Drawn<Mail>[]) => {
    const assigned = await Promise.all(batch.map((drawn) => assign(options, drawn)));
    tally.undelivered += assigned.filter(({ arm }) => arm === null).length;
    const of = (wanted: Arm) => assigned.filter(({ arm }) => arm === wanted).map(({ sent }) => sent);
    const send = (arm: Arm, sent: readonly Sent[]) => (sent.length === 0 ? null : post(options, tally, arm, sent));
    await Promise.all([send('baseline', of('baseline')), send('candidate', of('candidate'))]);
  };
  return {
    tally,
    deliver: (batch) => {
      const done = deliver(batch).finally(() => underWay.delete(done));
      underWay.add(done);
      return done;
    },
    idle: async () => void (await Promise.allSettled(underWay)),
  };
}

async function assign(options: CourierOptions, drawn: Drawn<Mail>): Promise<{ arm: Arm | null; sent: Sent }> {
  const { flag, fallback, cohortAttribute, routes } = options;
  const context = { targetingKey: bucketKey(drawn.mailbox), ...(drawn.staff ? { [cohortAttribute]: 'staff' } : {}) };
  const { value, variant } = await OpenFeature.getClient().getStringDetails(flag, fallback, context);
  return { arm: routes.armOf(value), sent: { drawn, via: variant === undefined ? 'none' : viaOf(variant) } };
}

async function post(options: CourierOptions, tally: Tally, arm: Arm, sent: readonly Sent[]): Promise<void> {
  const answer = await classify(options.arms[arm], sent);
  const atMs = Date.now();
  for (const [index, { drawn, via }] of sent.entries()) {
    const flagged = answer?.spam[index] ?? null;
    if (flagged === null) {
      tally.undelivered += 1;
      continue;
    }
    options.record({ atMs, arm, via, mailType: drawn.mail.type, flagged, mail: drawn.mail.hash });
    tally.made[arm] += 1;
    if (via === 'share') tally.byShare[arm] += 1;
    if (arm === 'candidate') tally.lastCandidateMs = atMs;
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** Null: the server did not answer, or not with one verdict per delivery. */
async function classify(url: string, sent: readonly Sent[]): Promise<Classified | null> {
  const body = sent.map(({ drawn: { mail }, via }): Delivery => {
    return { via, mailType: mail.type, subject: mail.subject, body: mail.body };
  });
  try {
    const answer = JSON.parse(await ask(`${url}/classify`, JSON.stringify(body))) as Classified;
    return answer.spam.length === sent.length ? answer : null;
  } catch {
    return null;
  }
}

function ask(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', agent, headers, signal: AbortSignal.timeout(ANSWER_MS) };
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(new Error(`${url} answers ${answer.statusCode}`));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
