/** What the activities need, from the settings of the worker. */
import { openTenant } from '../activities/connections.js';
import type { ActivityDeps } from '../activities/deps.js';
import { openLogKey } from './log-key.js';
import type { Settings } from './settings.js';

/** Throws SettingsError when the log key cannot be used. */
export async function depsOf(settings: Settings): Promise<ActivityDeps> {
  const { platform, platformDigest, policy, policyDigest, trust, logKey, serve } = settings;
  return {
    platform,
    platformDigest,
    policy,
    policyDigest,
    trust,
    // Checkpoints are made beside the evidence; a worker of workflows alone needs no key.
    signCheckpoint: logKey === null || serve === 'workflows' ? null : await openLogKey(logKey, policy),
    actuator: serve === 'all' ? 'in-process' : 'separate',
    connections: (tenant) => openTenant(platform, tenant),
    now: () => Date.now(),
    reached: () => undefined,
  };
}
