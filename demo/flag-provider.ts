/**
 * An OpenFeature provider over a flagd definition file, evaluated in this process by flagd's own core, as a real
 * application would do it. The file is looked at ten times a second; one that cannot be read leaves the last in force.
 */
import { readFileSync, statSync } from 'node:fs';
import { FlagdCore } from '@openfeature/flagd-core';
import type { EvaluationContext, JsonValue, Provider } from '@openfeature/server-sdk';

const LOOK_EVERY_MS = 100;

/** The file's share of the store's declared propagation: how long a write may go unseen here. */
export const FLAG_DELAY_MS = LOOK_EVERY_MS;

/** Throws when the file is not there or no flag definition at the start. */
export function flagFileProvider(file: string): Provider {
  const core = new FlagdCore();
  let seen = '';
  const look = () => {
    // A rename brings another inode: two writes within one clock tick still differ.
    const { ino, mtimeMs, size } = statSync(file);
    const now = `${ino} ${mtimeMs} ${size}`;
    if (now === seen) return;
    core.setConfigurations(readFileSync(file, 'utf8'));
    seen = now;
  };
  look();
  const timer = setInterval(() => {
    try {
      look();
    } catch (error) {
      process.stderr.write(`flag file: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }, LOOK_EVERY_MS);
  return {
    metadata: { name: 'flag file' },
    runsOn: 'server',
    onClose: async () => clearInterval(timer),
    resolveBooleanEvaluation: async (key, otherwise, context) => core.resolveBooleanEvaluation(key, otherwise, context),
    resolveStringEvaluation: async (key, otherwise, context) => core.resolveStringEvaluation(key, otherwise, context),
    resolveNumberEvaluation: async (key, otherwise, context) => core.resolveNumberEvaluation(key, otherwise, context),
    resolveObjectEvaluation: async <T extends JsonValue>(key: string, otherwise: T, context: EvaluationContext) =>
      core.resolveObjectEvaluation(key, otherwise, context),
  };
}
