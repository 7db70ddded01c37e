/**
 * Evidence in a directory of one host. Layout (DESIGN section 14): `<root>/{host.json, policy-serial.json}` and
 * `<root>/<tenant>/<rolloutId>/{documents/, windows|guard|after/<step key>/{<metric>/<index>.json, .raw/<source>/<index>.txt},
 * past/<metric>/<index>.json, journal.jsonl, state/}`. Not sandbox-safe.
 */
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { digestOfManifest, isNoEvidence } from '../../evidence/manifest.js';
import { isRolloutId, NAME } from '../../workflows/contract/ids.js';
import { failure } from '../failures.js';
import type { EvidenceStore, RolloutEvidence } from './adapter.js';
import * as kept from './evidence-files.js';
import { DOCUMENT, named, rawDirectory, tenantDirectory, windowDirectory } from './evidence-names.js';
import { claim, thisHost } from './host.js';
import { parseJournal } from './journal-file.js';
import { manifestOf } from './manifest.js';
import { newestPolicy } from './policy-mark.js';
import { directoryIn } from './whole-file.js';

/** `now` stamps the claim of the directory; default the system's clock. Failures: storeUnavailable, notFound, digestMismatch. */
export function directoryEvidence(root: string, { now = Date.now }: { now?: () => number } = {}): EvidenceStore {
  let claimed: Promise<string> | null = null;
  // One claim per process; a failed one is tried again.
  const base = (): Promise<string> => {
    claimed ??= claimRoot(root, now).catch((error: unknown) => {
      claimed = null;
      throw error;
    });
    return claimed;
  };
  return {
    create: (tenant, rolloutId) =>
      reaching(async () => {
        const directory = await directoryIn(await base(), tenantDirectory(tenant, rolloutId), 'make');
        if (directory === null)
          throw failure('storeUnavailable', `evidence of ${rolloutId} vanished while it was made.`);
        return evidenceIn(directory);
      }),
    open: (tenant, rolloutId) =>
      reaching(async () => {
        const directory = await directoryIn(await base(), tenantDirectory(tenant, rolloutId), 'find');
        if (directory === null) throw failure('notFound', `there is no evidence of ${rolloutId} for tenant ${tenant}.`);
        return evidenceIn(directory);
      }),
    list: (tenant) =>
      reaching(async () => {
        const directory = await directoryIn(await base(), [named(tenant, NAME, 'tenant')], 'find');
        const names = directory === null ? [] : await readdir(directory);
        return names.filter(isRolloutId).sort();
      }),
    newestPolicy: (seen) => reaching(async () => newestPolicy(await base(), seen)),
  };
}

/** One rollout's evidence in its directory. */
function evidenceIn(directory: string): RolloutEvidence {
  return {
    ...documentsIn(directory),
    putWindow: (bakeKey, window) =>
      reaching(async () => {
        const parts = windowDirectory(bakeKey, window.metric);
        await throwIfClosed(directory);
        return kept.put(directory, parts, kept.indexed(window.index, 'json'), kept.serialised(window));
      }),
    windows: (bakeKey, metric, fromIndex = 0) =>
      reaching(() => kept.windows(directory, windowDirectory(bakeKey, metric), fromIndex)),
    putRaw: (bakeKey, source, index, raw) =>
      reaching(async () => {
        const parts = rawDirectory(bakeKey, source);
        await throwIfClosed(directory);
        return kept.put(directory, parts, kept.indexed(index, 'txt'), raw);
      }),
    getRaw: (bakeKey, source, index) =>
      reaching(() => kept.get(directory, rawDirectory(bakeKey, source), kept.indexed(index, 'txt'))),
    lastRaw: (bakeKey, source) =>
      reaching(async () => (await kept.indices(directory, rawDirectory(bakeKey, source), 'txt')).at(-1) ?? -1),
    bakeKeys: () => reaching(() => kept.bakeKeys(directory)),
    appendJournal: (entries) => reaching(() => kept.appendJournal(directory, entries)),
    journal: () => reaching(async () => parseJournal(await kept.journalText(directory))),
    putState: (name, json) =>
      reaching(() => kept.putState(directory, `${named(name, DOCUMENT, 'state')}.json`, kept.serialised(json))),
    getState: (name) =>
      reaching(async () => {
        const text = await kept.get(directory, ['state'], `${named(name, DOCUMENT, 'state')}.json`);
        return text === null ? null : (JSON.parse(text) as unknown);
      }),
    manifest: () => reaching(() => manifestOf(directory, isNoEvidence)),
    freeze: () => reaching(async () => digestOfManifest(await manifestOf(directory, isNoEvidence))),
  };
}

/** A look that was stopped for long must not add to what the last checkpoint covers. */
async function throwIfClosed(directory: string): Promise<void> {
  if ((await kept.get(directory, ['documents'], 'outcome.json')) === null) return;
  throw failure('ended', 'the rollout has ended, and its evidence is closed.');
}

function documentsIn(directory: string): Pick<RolloutEvidence, 'putDocument' | 'getDocument'> {
  return {
    putDocument: (name, json) =>
      reaching(async () => {
        const file = `${named(name, DOCUMENT, 'document')}.json`;
        const text = kept.serialised(json);
        if (await kept.put(directory, ['documents'], file, text)) return;
        if ((await kept.get(directory, ['documents'], file)) === text) return;
        throw failure(
          'digestMismatch',
          `document ${name} is kept already with other content; evidence is written once.`,
        );
      }),
    getDocument: (name) =>
      reaching(async () => {
        const text = await kept.get(directory, ['documents'], `${named(name, DOCUMENT, 'document')}.json`);
        if (text === null) throw failure('notFound', `the evidence has no document ${name}.`);
        return JSON.parse(text) as unknown;
      }),
  };
}

async function claimRoot(root: string, now: () => number): Promise<string> {
  await mkdir(root, { recursive: true });
  const base = await realpath(root);
  const host = await thisHost();
  const owner = await claim(base, host, now());
  if (owner === null) return base;
  const why = 'locks and exclusive files hold on one host only';
  const message = `the evidence directory belongs to host ${owner}, this is ${host.hostname}; ${why}: run the workers there.`;
  throw failure('storeUnavailable', message);
}

/** Every system error and every damaged file becomes one failure that names it. */
async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const sentence = kept.whyUnavailable(error);
    if (sentence === null) throw error;
    throw failure('storeUnavailable', `evidence store: ${sentence}.`);
  }
}
