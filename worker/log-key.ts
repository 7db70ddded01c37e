/** The key that signs checkpoints, tried once before anything is served: at the end of a rollout it is too late to miss it. */
import type { ActivityDeps } from '../activities/deps.js';
import { signWith } from '../activities/store/sign.js';
import type { Policy } from '../approvals/policy.js';
import { NAMESPACES } from '../workflows/contract/decisions.js';
import { SettingsError } from './settings-error.js';

/** Throws SettingsError when the key cannot sign, or is no log key of the policy: no auditor would take its word. */
export async function openLogKey(
  file: string,
  { logs }: Pick<Policy, 'logs'>,
): Promise<NonNullable<ActivityDeps['signCheckpoint']>> {
  const fingerprint = await fingerprintOf(file);
  if (!logs.some((log) => log.fingerprint === fingerprint)) {
    const known = logs.map((log) => `${log.name} ${log.fingerprint}`).join(', ') || 'none';
    throw new SettingsError(
      `The policy lists no log key ${fingerprint} (${file}); it has ${known}. Add it under \`logs:\` as { name: ..., key: "..." }, or name another key with --log-key.`,
    );
  }
  return async (statement) => (await signWith(file, NAMESPACES.checkpoint, statement)).armored;
}

/** A name of its own: what is signed here to try the key is no checkpoint. */
const TRIAL = 'trial.v1@sluice';

async function fingerprintOf(file: string): Promise<string> {
  try {
    return (await signWith(file, TRIAL, 'trial')).fingerprint;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(
      `${why} Name a key without a passphrase that the user of the worker alone may read, or one that an agent holds.`,
    );
  }
}
