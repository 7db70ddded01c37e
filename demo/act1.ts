/** Act 1: a candidate that is better overall and ruinous for one kind of mail. The judge finds out, on the slice. */
import { Unexpected, type Stage, follow, keepAccount, start } from './act.js';
import { writePlan } from './files.js';
import { VERSIONS } from './models/versions.js';

export async function act1(stage: Stage): Promise<string> {
  const { narrator, world, interactive } = stage;
  narrator.title('Act 1: a bad candidate');
  narrator.chapter('Act 1: nb-1, trained without hard ham');
  narrator.say(`serves now  rules-1: ${VERSIONS['rules-1']}`);
  narrator.say(`candidate   nb-1: ${VERSIONS['nb-1']}`);
  const rolloutId = await start(stage, writePlan(world.dir, 'act-1', { candidate: 'nb-1' }));
  const { ending } = await follow(stage, rolloutId, { withinMs: 240_000 });
  await keepAccount(stage, rolloutId);
  if (interactive) return rolloutId;
  const lowering = ending?.lowering ?? null;
  if (ending?.outcome !== 'rolledBack' || lowering?.cause !== 'gate')
    throw new Unexpected(`act 1 should have been rolled back by the judge, and was ${ending?.outcome}`);
  if (!lowering.slice?.includes('hard-ham'))
    throw new Unexpected(
      `act 1 should have been rolled back on hard ham; it was on ${lowering.gate} ${lowering.slice}`,
    );
  narrator.note(`judged on ${lowering.gate} [${lowering.slice}]: nobody's average would have shown it`);
  return rolloutId;
}
