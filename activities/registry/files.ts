/**
 * Registry `files`: `<root>/<model>/<version>/...` and `<root>/<model>/aliases.json` (`{"production": "nb-1"}`).
 * A version is immutable by digest over its sorted manifest; aliases move by compare-and-swap. Not sandbox-safe.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { NAME } from '../../workflows/contract/ids.js';
import type { Digest } from '../../workflows/contract/plan.js';
import { failure } from '../failures.js';
import { codeOf, LockBusy, LockLost, withFileLock } from '../store/file-lock.js';
import { digestOfManifest, manifestOf, NotDigestible } from '../store/manifest.js';
import { directoryIn, NotADirectory, readWhole } from '../store/whole-file.js';
import type { Registry } from './adapter.js';

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const FILE = 'aliases.json';
const Aliases = z.record(z.string().regex(NAME), z.string().regex(VERSION));
const ATTEMPTS = 3;

/** Failures: notFound, digestMismatch (links, special files, names outside the grammar), registryConflict, storeUnavailable. */
export function filesRegistry(root: string): Registry {
  return {
    digest: (model, version) => reaching(() => digestOf(root, model, version)),
    resolveAlias: (model, alias) =>
      reaching(async () => {
        const aliases = await readAliases(await modelDirectory(root, model), model);
        const version = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
        if (version !== undefined) return version;
        throw failure(
          'notFound',
          `${model} has no alias ${alias}; it has ${Object.keys(aliases).join(', ') || 'none'}.`,
        );
      }),
    moveAlias: (model, alias, from, to) => reaching(() => move(root, { model, alias, from, to })),
  };
}

async function digestOf(root: string, model: string, version: string): Promise<Digest> {
  const directory = await versionDirectory(root, model, version);
  const manifest = await manifestOf(directory, () => false);
  if (manifest.length === 0) throw failure('notFound', `${model} ${version} has no files in the registry.`);
  return digestOfManifest(manifest);
}

interface Move {
  model: string;
  alias: string;
  from: string;
  to: string;
}

async function move(root: string, order: Move): Promise<void> {
  named(order.alias, NAME, 'alias');
  await versionDirectory(root, order.model, order.to);
  const directory = await modelDirectory(root, order.model);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await swap(directory, order);
    } catch (error) {
      if (!(error instanceof LockLost) || attempt === ATTEMPTS) throw error;
    }
  }
}

function swap(directory: string, { model, alias, from, to }: Move): Promise<void> {
  return withFileLock(join(directory, FILE), async (lock) => {
    const aliases = await readAliases(directory, model);
    const holder = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
    if (holder === to) return;
    if (holder !== from) {
      const message = `alias ${alias} of ${model} points at ${holder ?? 'nothing'}, not at ${from}; somebody else moved it.`;
      throw failure('registryConflict', message);
    }
    await lock.prepare(`${JSON.stringify({ ...aliases, [alias]: to }, null, 2)}\n`);
    await lock.commit();
  });
}

async function readAliases(directory: string, model: string): Promise<Record<string, string>> {
  const text = await readWhole(join(directory, FILE));
  if (text === null) return {};
  const aliases = Aliases.safeParse(parsed(text));
  if (aliases.success) return aliases.data;
  throw failure('storeUnavailable', `${FILE} of ${model} is not {"<alias>": "<version>"}; put it right.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function modelDirectory(root: string, model: string): Promise<string> {
  const directory = await directoryIn(await realpath(root), [named(model, NAME, 'model')], 'find');
  if (directory !== null) return directory;
  throw failure('notFound', `the registry has no model ${model}.`);
}

async function versionDirectory(root: string, model: string, version: string): Promise<string> {
  const parts = [named(model, NAME, 'model'), named(version, VERSION, 'version')];
  const directory = version === FILE ? null : await directoryIn(await realpath(root), parts, 'find');
  if (directory !== null) return directory;
  throw failure('notFound', `the registry has no version ${version} of ${model}.`);
}

function named(name: string, grammar: RegExp, what: string): string {
  if (typeof name === 'string' && grammar.test(name)) return name;
  throw failure('notFound', `${JSON.stringify(name)} is no name of a ${what}.`);
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotDigestible || error instanceof NotADirectory)
      throw failure('digestMismatch', `registry: ${error.message}; a version holds plain files and directories only.`);
    const code = codeOf(error);
    if (code === 'ELOOP')
      throw failure('digestMismatch', 'registry: a file is a link; a version holds plain files only.');
    if (code === 'ENOENT') throw failure('notFound', 'the registry directory is missing or changed while it was read.');
    if (code === null && !(error instanceof LockBusy) && !(error instanceof LockLost)) throw error;
    throw failure('storeUnavailable', `registry: ${(error as Error).message}.`);
  }
}
