/** Act 2: a candidate that is better on every kind of mail. Three people say yes, everybody gets it, the alias moves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Unexpected, type Stage, follow, keepAccount, start } from './act.js';
import { writePlan } from './files.js';
import { ALIAS, MODEL, VERSIONS } from './models/versions.js';

export async function act2(stage: Stage): Promise<string> {
  const { narrator, world, interactive } = stage;
  narrator.title('Act 2: a good candidate');
  narrator.chapter('Act 2: nb-2, trained on everything');
  narrator.say(`candidate   nb-2: ${VERSIONS['nb-2']}`);
  await world.deploy('candidate', 'nb-2');
  const rolloutId = await start(stage, writePlan(world.dir, 'act-2', { candidate: 'nb-2' }));
  const { ending } = await follow(stage, rolloutId, { withinMs: 420_000 });
  await keepAccount(stage, rolloutId);
  const serving = aliasOf(world.paths.registry);
  narrator.note(`registry: ${MODEL}@${ALIAS} is ${serving}`);
  if (interactive) return rolloutId;
  if (ending?.outcome !== 'completed')
    throw new Unexpected(`act 2 should have reached everyone, and was ${ending?.outcome}`);
  if (serving !== 'nb-2') throw new Unexpected(`act 2 should have moved the alias ${ALIAS}, which is ${serving}`);
  return rolloutId;
}

function aliasOf(registry: string): string | undefined {
  const aliases = JSON.parse(readFileSync(join(registry, MODEL, 'aliases.json'), 'utf8')) as Record<string, string>;
  return aliases[ALIAS];
}
