/** `sluice worker`: connects as Temporal's environment says, serves the three queues until told to stop. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { openTenant } from '../activities/connections.js';
import { installRuntime } from './runtime.js';
import { readSettings, type Settings, SettingsError } from './settings.js';
import { makeWorkers, runWorkers } from './workers.js';

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  installRuntime(settings.logLevel, null);
  const { connectionOptions, namespace } = connectionSettings();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    await runWorkers(await makeWorkers({ connection, namespace: namespace ?? 'default', deps: depsOf(settings) }));
  } finally {
    await connection.close();
  }
}

function connectionSettings(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(
      `Temporal's configuration cannot be read: ${why}. Correct temporal.toml or the TEMPORAL_* variables.`,
    );
  }
}

function depsOf(settings: Settings): Parameters<typeof makeWorkers>[0]['deps'] {
  const { platform, platformDigest, policy, policyDigest } = settings;
  return {
    platform,
    platformDigest,
    policy,
    policyDigest,
    connections: (tenant) => openTenant(platform, tenant),
    now: () => Date.now(),
    reached: () => undefined,
  };
}

try {
  await main();
} catch (error) {
  const what =
    error instanceof SettingsError
      ? error.message
      : `The worker stopped: ${error instanceof Error ? error.message : String(error)}`;
  process.stderr.write(`${what}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}
