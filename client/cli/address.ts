/** The rollout a message is for, with its id: a message without it could reach a successor. */
import type { Found } from '../find.js';
import type { Shell } from './shell.js';

export async function addressed(shell: Shell, name: string | undefined): Promise<Found> {
  const rollouts = await shell.rollouts();
  return (await rollouts.identify(await rollouts.find(name, shell.common.tenant))).found;
}
