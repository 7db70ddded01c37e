/** What all acts do: start a rollout, follow it, answer its requests by script, say every ten seconds where it stands. */
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEntry } from '../workflows/contract/journal.js';
import { accountOf } from './account.js';
import { PEOPLE, type Person } from './files.js';
import { MODEL } from './models/versions.js';
import type { Narrator } from './narrator.js';
import { keyOf, type Sluice, type Standing } from './sluice.js';
import { percent, tell, waitsFor } from './telling.js';
import type { LocalTemporal } from './temporal.js';
import type { TrafficReport } from './traffic.js';
import type { World } from './world.js';

export interface Stage {
  world: World;
  temporal: LocalTemporal;
  sluice: Sluice;
  narrator: Narrator;
  /** A person decides; the script only says what there is to decide. */
  interactive: boolean;
}

/** An act that did not go as announced. The numbers are real, so this can happen; the demo then says so and fails. */
export class Unexpected extends Error {}

const INITIATOR: Person = 'ada';
const PULSE_MS = 10_000;
const PERSON_MS = 3_600_000;

/** Starts a plan that lies in the world's directory, as ada; returns the rollout id. */
export async function start({ sluice, narrator }: Stage, plan: string): Promise<string> {
  const file = basename(plan);
  narrator.say(`$ sluice start ${file} --yes --as ${INITIATOR} --key ${keyOf(INITIATOR)}`);
  const { rolloutId } = await sluice.ask<{ rolloutId: string }>(['start', file, '--yes'], INITIATOR);
  narrator.say(`rollout ${rolloutId} has begun`);
  return rolloutId;
}

export interface Following {
  /** Leave before the end, as soon as this holds. */
  until?: (standing: Standing) => boolean;
  /** Scripted acts only: people have as long as they like. */
  withinMs: number;
}

/** Follows to the end, or until asked; throws Unexpected at the deadline, with what it waits for. */
export async function follow(stage: Stage, rolloutId: string, { until, withinMs }: Following): Promise<Standing> {
  const { sluice, narrator, world, interactive } = stage;
  let last: Standing | null = null;
  const answered = new Set<string>();
  const work: Promise<void>[] = [];
  const over = new AbortController();
  const found = new Promise<Standing>((resolve, reject) => {
    const watching = sluice.watch(rolloutId, (standing) => {
      for (const line of tell(last, standing)) narrator.say(line);
      last = standing;
      work.push(answer(stage, standing, answered).catch(reject));
      if (standing.ending !== null || until?.(standing)) resolve(standing);
    });
    watching.ended.then((code) => {
      if (code !== null && !last?.ending) reject(new Unexpected(`sluice watch ended with exit code ${code}`));
    }, reject);
    over.signal.addEventListener('abort', () => watching.stop());
  });
  try {
    const deadline = delay(interactive ? PERSON_MS : withinMs, undefined, { signal: over.signal });
    const late = deadline.then(() => giveUp(stage, rolloutId, withinMs));
    late.catch(() => {}); // Aborted with nobody racing it any more.
    pulse(stage, rolloutId, over.signal).catch(() => {});
    const standing = await Promise.race([found, late, world.failed]);
    await Promise.all(work);
    return standing;
  } finally {
    over.abort();
  }
}

/** Puts the rollout's journal into the account. */
export async function keepAccount({ sluice, narrator }: Stage, rolloutId: string): Promise<void> {
  const { out } = await sluice.run(['log', rolloutId, '--json']);
  const journal = out.split('\n').filter((line) => line.startsWith('{'));
  for (const { atMs, line } of accountOf(journal.map((line) => JSON.parse(line) as JournalEntry)))
    narrator.record(atMs, line);
}

async function giveUp({ sluice }: Stage, rolloutId: string, withinMs: number): Promise<never> {
  const { out, err } = await sluice.run(['why', rolloutId]);
  throw new Unexpected(
    `rollout ${rolloutId} was not where it should be after ${withinMs / 1000} s. sluice why says:\n${out}${err}`,
  );
}

/** One yes per role slot, by people who hold the role and are not excluded; each request once. */
async function answer(stage: Stage, { view }: Standing, answered: Set<string>): Promise<void> {
  const request = view?.request ?? null;
  if (request === null || answered.has(request.requestId)) return;
  answered.add(request.requestId);
  const { sluice, narrator, interactive, world } = stage;
  if (interactive) {
    narrator.say('your turn, from a second terminal:');
    narrator.quote(`cd ${world.dir}\nexport TEMPORAL_ADDRESS=${stage.temporal.env['TEMPORAL_ADDRESS']}`);
    narrator.quote(
      `npx sluice approve ${MODEL} --as grace --key ${keyOf('grace')}    (or: reject, hold, rollback, why, watch)`,
    );
    return;
  }
  for (const person of signatories(request.rules, request.excluded)) {
    const decision = [
      'approve',
      request.rolloutId,
      '--request',
      request.requestId,
      '--yes',
      '--reason',
      'scripted by the demo',
    ];
    narrator.say(`$ sluice approve ${MODEL} --yes --as ${person} --key ${keyOf(person)}    (scripted)`);
    await sluice.ask(decision, person);
  }
}

/** Distinct people for all role slots. */
export function signatories(rules: readonly { role: string; min: number }[], excluded: readonly string[]): Person[] {
  const chosen: Person[] = [];
  for (const { role, min } of rules) {
    const able = PEOPLE.filter(
      ({ id, roles }) => (roles as readonly string[]).includes(role) && !excluded.includes(id),
    );
    // Whoever started it comes last, even where the rules would let him.
    const free = able.map(({ id }) => id).filter((id) => !chosen.includes(id) && id !== INITIATOR);
    if (free.length < min) throw new Unexpected(`nobody in the demo can fill ${min} x ${role}`);
    chosen.push(...free.slice(0, min));
  }
  return chosen;
}

/** Every ten seconds: the mail, as the application sees it, and what the gates wait for, as Sluice sees it. */
async function pulse({ world, sluice, narrator }: Stage, rolloutId: string, signal: AbortSignal): Promise<void> {
  let before = world.traffic();
  for (;;) {
    await delay(PULSE_MS, undefined, { signal });
    const now = world.traffic();
    const standing = await sluice.ask<Standing>(['status', rolloutId]).catch(() => null);
    if (signal.aborted) return;
    if (before !== null && now !== null) narrator.say(trafficText(before, now));
    const waiting = standing === null ? null : waitsFor(standing);
    if (waiting !== null) narrator.say(`  waits for ${waiting}`);
    before = now;
  }
}

function trafficText(before: TrafficReport, now: TrafficReport): string {
  const made = (arm: 'baseline' | 'candidate') => now.made[arm] - before.made[arm];
  const share = (arm: 'baseline' | 'candidate') => now.byShare[arm] - before.byShare[arm];
  const rate = (made('baseline') + made('candidate')) / ((now.atMs - before.atMs) / 1000);
  const ofShare = share('candidate') / Math.max(1, share('baseline') + share('candidate'));
  const staff = made('candidate') - share('candidate');
  const parts = [...(staff > 0 ? [`${staff} for staff`] : []), `${percent(ofShare)} of the other mailboxes`];
  return `mail: ${rate.toFixed(0)}/s; the candidate answered ${made('candidate')}: ${parts.join(', ')}`;
}
