/** `sluice bundle`: the evidence of a rollout as one file, for whoever has to believe it without believing us. */
import { createHash, randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { messageOf, Problem } from '../problem.js';
import { safe } from '../render/text.js';
import { act, type Shell } from './shell.js';

interface Options {
  out?: string;
}

export function bundleVerb(root: Command): void {
  root
    .command('bundle')
    .argument('<rollout>', 'model name or rollout id')
    .option('--out <file>', 'where to (<model>-<rollout id>.tar here)')
    .description('its evidence as one file; the same rollout is the same bytes')
    .action(act<Options>(async (shell, [name = ''], { out }) => bundleIt(shell, name, out)));
}

async function bundleIt(shell: Shell, name: string, out: string | undefined): Promise<ExitCode> {
  const { evidenceDirectory, evidenceFiles, keepHistory } = await import('../bundle.js');
  const { bundle } = await import('../../evidence/bundle.js');
  const { HISTORY } = await import('../../evidence/manifest.js');
  const kept = await keptBy(shell, name);
  const directory = await evidenceDirectory(kept.platform, kept.tenant, kept.rolloutId);
  const before = await evidenceFiles(directory);
  const hasEnded = kept.journal.some(({ event }) => event === 'ended');
  const why = before.has(HISTORY) ? null : await keepHistory(directory, kept);
  const files = why === null ? await evidenceFiles(directory) : before;
  const bytes = await bundle(files);
  const file = out ?? `${kept.plan?.model ?? 'rollout'}-${kept.rolloutId}.tar`;
  await writeWhole(file, bytes);
  const notes = [
    ...(hasEnded ? [] : ['The rollout has not ended: `sluice verify` will say that this is incomplete.']),
    ...(why === null ? [] : [`Without the raw history: ${why}`]),
  ];
  const { tenant, rolloutId } = kept;
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  shell.emit({ version: 1, file, tenant, rolloutId, digest, bytes: bytes.length, files: files.size, notes });
  shell.say(
    `${shell.paint.bold(safe(file))}  ${bytes.length} bytes, ${files.size} files of evidence`,
    `  ${digest}`,
    `  Check it: sluice verify ${safe(file)} --trust ROOT.pub`,
  );
  for (const note of notes) process.stderr.write(`! ${safe(note)}\n`);
  return notes.length > 0 ? EXIT.evidenceIncomplete : EXIT.done;
}

async function keptBy(shell: Shell, name: string) {
  const loaded = await shell.platform();
  if (!loaded) {
    const remedy = 'Name the platform file with --platform or SLUICE_PLATFORM.';
    throw new Problem('badPlatform', 'No platform file says where the evidence store is.', remedy);
  }
  const { findKept } = await import('../local.js');
  const kept = await findKept(loaded.platform, name, shell.common.tenant);
  if (kept) return { ...kept, platform: loaded.platform };
  throw new Problem(
    'notFound',
    `The evidence store has nothing of ${JSON.stringify(name)}.`,
    'Name a model or rollout id whose evidence this platform file keeps; see `sluice list --all`.',
  );
}

/** The file is there whole or not at all. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const draft = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(draft, bytes, { flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new Problem('notFound', `${file} cannot be written: ${messageOf(error)}`, 'Name another with --out FILE.');
  }
}
