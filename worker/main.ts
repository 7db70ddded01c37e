/** `sluice worker`: connects as Temporal's environment says, serves its queues until told to stop. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { depsOf } from './deps.js';
import { installRuntime } from './runtime.js';
import { readSettings } from './settings.js';
import { SettingsError } from './settings-error.js';
import { makeWorkers, runWorkers } from './workers.js';

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  installRuntime(settings.logLevel, null);
  const deps = await depsOf(settings);
  const { connectionOptions, namespace } = connectionSettings();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const { serve } = settings;
    await runWorkers(await makeWorkers({ connection, namespace: namespace ?? 'default', deps, serve }));
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
