/** The record of a rollout, as an auditor gets it: one file, checked with nothing but the public keys of the roots. */
import { type Stage, Unexpected } from './act.js';

/** Exports the bundle of a rollout that has ended and checks it; throws Unexpected unless everything in it holds. */
export async function prove({ sluice, narrator }: Stage, rolloutId: string): Promise<void> {
  const file = `${rolloutId}.tar`;
  narrator.say(`$ sluice bundle ${rolloutId} --out ${file}`);
  const bundled = await sluice.run(['bundle', rolloutId, '--out', file]);
  narrator.quote(`${bundled.out}${bundled.err}`);
  narrator.say(`$ sluice verify ${file} --trust roots.pub`);
  const { code, out, err } = await sluice.run(['verify', file, '--trust', 'roots.pub']);
  narrator.quote(`${out}${err}`);
  if (code !== 0) throw new Unexpected(`the bundle of ${rolloutId} should verify, and the exit code was ${code}`);
}
