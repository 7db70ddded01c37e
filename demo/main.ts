/**
 * `npm run demo`: three rollouts of a spam filter, on real mail, real models, a real Temporal server. Sluice is driven
 * by its command line only. Nothing is staged but the approvals and the pace; another seed is another run of luck.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { act1 } from './act1.js';
import { act2 } from './act2.js';
import { act3 } from './act3.js';
import { type Stage, Unexpected } from './act.js';
import { eventsUsed } from './events-used.js';
import { type Narrator, createNarrator } from './narrator.js';
import { type DemoOptions, parseOptions } from './options.js';
import { prove } from './proof.js';
import { sluiceIn } from './sluice.js';
import { type LocalTemporal, startTemporal } from './temporal.js';
import { type World, startWorld } from './world.js';

const EXIT = { done: 0, unexpected: 1, usage: 2 } as const;

async function main(options: DemoOptions, narrator: Narrator): Promise<number> {
  introduce(options, narrator);
  // Below the checkout, so that `npx sluice` works there.
  await mkdir('.sluice', { recursive: true });
  const dir = await mkdtemp(resolve(join('.sluice', 'demo-')));
  const running: { world?: World; temporal?: LocalTemporal } = {};
  const interrupted = whenInterrupted();
  try {
    const played = play(options, dir, narrator, running);
    const outcome = await Promise.race([played, interrupted]);
    if (outcome === 'interrupted') narrator.say('interrupted; everything is being stopped');
    else if (options.keep) {
      narrator.say(`everything stays up, in ${dir}; Ctrl-C ends it`);
      await interrupted;
    }
    return outcome === 'played' ? EXIT.done : EXIT.unexpected;
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    narrator.note(`NOT AS ANNOUNCED: ${error.message}`);
    narrator.quote(narrator.account().join('\n'));
    narrator.say(`this was seed ${options.seed}; the numbers are real, so please report it`);
    return EXIT.unexpected;
  } finally {
    await running.temporal?.stop();
    await running.world?.stop();
    if (!options.keep) await rm(dir, { recursive: true, force: true });
  }
}

async function play(
  { seed, interactive }: DemoOptions,
  dir: string,
  narrator: Narrator,
  running: { world?: World; temporal?: LocalTemporal },
): Promise<'played'> {
  const world = await startWorld({ dir, seed, log: (line) => narrator.say(line) });
  running.world = world;
  narrator.say('starting Temporal and a worker with `sluice dev` (the first time this can take minutes)');
  const temporal = await startTemporal(dir, (line) => narrator.say(`  ${line}`));
  running.temporal = temporal;
  const { ui, address, namespace } = temporal.ready();
  narrator.say(`look in at any time: ${ui}`);
  narrator.say(`or from a second terminal: cd ${dir}; export TEMPORAL_ADDRESS=${address}; npx sluice watch`);
  const stage: Stage = { world, temporal, sluice: sluiceIn(dir, temporal.env), narrator, interactive };
  const rollouts: string[] = [];
  for (const act of [act1, act2, act3]) rollouts.push(await act(stage));
  narrator.title('What an auditor can check, without us');
  for (const rolloutId of rollouts) await prove(stage, rolloutId);
  const events = await eventsUsed(address, namespace);
  conclude(narrator, stage, events);
  return 'played';
}

function introduce({ seed, interactive }: DemoOptions, narrator: Narrator): void {
  narrator.title('Sluice: a spam filter is replaced, step by step');
  narrator.say(
    '6,046 real mails (SpamAssassin corpus), half to train on, half as traffic; mails are shown as hashes only',
  );
  narrator.say('time is compressed: stages bake for seconds, not days');
  narrator.say(
    interactive
      ? 'you approve, from a second terminal, with keys made for this run'
      : 'approvals are scripted, signed with keys made for this run (--interactive lets you give them)',
  );
  narrator.say(`seed ${seed}: the same seed draws the same mail; another one is another run of luck`);
}

function conclude(narrator: Narrator, { world, temporal }: Stage, events: readonly number[]): void {
  narrator.title('What was decided, when, on which numbers');
  narrator.quote(narrator.account().join('\n'));
  const traffic = world.traffic();
  const made = (traffic?.made.baseline ?? 0) + (traffic?.made.candidate ?? 0);
  narrator.say(`${made} deliveries were classified by real models, ${traffic?.undelivered ?? 0} could not be made`);
  narrator.say(`Temporal history events used: ${events.map((count, index) => `act ${index + 1} ${count}`).join(', ')}`);
  narrator.say(
    `${world.events.received().length} signed notifications arrived, ${world.events.forged()} with a bad signature`,
  );
  narrator.say(`the same story in the Temporal UI, while it is up (--keep leaves it up): ${temporal.ready().ui}`);
}

function whenInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve('interrupted'));
  });
}

try {
  const options = parseOptions(process.argv.slice(2));
  process.exit(
    await main(
      options,
      createNarrator((text) => process.stdout.write(text)),
    ),
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof Error && error.message.includes('usage:') ? EXIT.usage : EXIT.unexpected);
}
