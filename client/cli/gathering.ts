/** What verbs that only look have in common: whoever answers is asked, whoever does not is a note. */
import type { Platform } from '../../plan/platform-types.js';
import type { LoadedPlatform } from '../files.js';
import type { Found } from '../find.js';
import { Problem } from '../problem.js';
import type { Standing } from '../standing.js';
import type { Shell } from './shell.js';

export async function standingOf(shell: Shell, who: string | Found | undefined): Promise<Standing> {
  const [{ gather }, rollouts, { platform, notes }] = await Promise.all([
    import('../gather.js'),
    shell.tryRollouts(),
    platformIfAny(shell),
  ]);
  return gather({ rollouts, platform, notes }, who, shell.common.tenant);
}

/** A platform file with problems must not hide a rollout. */
async function platformIfAny(shell: Shell): Promise<{ platform: LoadedPlatform | null; notes: string[] }> {
  try {
    return { platform: await shell.platform(), notes: [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return {
      platform: null,
      notes: [`${error.message} Flag and evidence are not looked at; \`sluice doctor\` tells more.`],
    };
  }
}

/** By which rules a plan is read here: the platform's, where there is a sound one. */
export async function modeHere(shell: Shell): Promise<Platform['mode'] | undefined> {
  return (await platformIfAny(shell)).platform?.platform.mode;
}
