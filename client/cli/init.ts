/** `sluice init`: writes a first plan, platform and policy file; with --from, a plan proposed from a metrics page. */
import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { NAME } from '../../workflows/contract/ids.js';
import { messageOf, Problem } from '../problem.js';
import { act, type Shell } from './shell.js';

interface InitOptions {
  from?: string;
  force?: boolean;
}

const FETCH_MS = 5_000;
const PAGE_BYTES = 8 * 1024 * 1024;

export function initVerb(root: Command): void {
  root
    .command('init')
    .argument('[model]', 'name of the model', 'my-model')
    .option('--from <url>', 'propose metrics from this Prometheus-format page')
    .option('--force', 'overwrite files that are there')
    .description('first plan, platform.yaml and policy.yaml')
    .action(act<InitOptions>(async (shell, [model = 'my-model'], options) => init(shell, model, options)));
}

async function init(shell: Shell, model: string, { from, force }: InitOptions): Promise<ExitCode> {
  if (!NAME.test(model))
    throw new Problem(
      'badPlan',
      `${JSON.stringify(model)} is no model name.`,
      'Use lower-case letters, digits and hyphens.',
    );
  const { initFiles } = await import('../../plan/init.js');
  const tenant = shell.common.tenant ?? 'default';
  const files = { ...initFiles(model, { tenant }), ...(from === undefined ? {} : await proposed(model, tenant, from)) };
  const paths = Object.keys(files);
  const there = paths.filter((path) => existsSync(path));
  if (there.length > 0 && force !== true) {
    const message = `${there.join(', ')} would be overwritten; nothing was written.`;
    throw new Problem('badPlan', message, 'Add --force to overwrite, or go to another directory.');
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
  const next = `sluice plan ${planFile(model)}`;
  shell.emit({ version: 1, files: paths, next });
  shell.say(...paths.map((path) => `wrote ${path}`), '', `Next: put your URLs, versions and people in, then ${next}`);
  return EXIT.done;
}

function planFile(model: string): string {
  return `${model}.rollout.yaml`;
}

async function proposed(model: string, tenant: string, url: string): Promise<Record<string, string>> {
  const [{ initPlanFrom }, { parsePage }] = await Promise.all([
    import('../../plan/init.js'),
    import('../../activities/sources/page.js'),
  ]);
  const text = await fetchPage(url);
  const plan = initPlanFrom(readPage(parsePage, text, url), { model, tenant });
  if (plan.kind === 'nothing') throw new Problem('unsupported', plan.sentence, `Nothing was written; ${url} was read.`);
  return { [planFile(model)]: plan.text };
}

function readPage<T>(parse: (text: string) => T, text: string, url: string): T {
  try {
    return parse(text);
  } catch (error) {
    const remedy = 'Sluice judges by pages in the Prometheus text format; correct the exporter.';
    throw new Problem('sourceUnavailable', `${url} is no readable metrics page: ${messageOf(error)}`, remedy, error);
  }
}

async function fetchPage(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS), redirect: 'error' });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    const text = await answer.text();
    if (text.length > PAGE_BYTES) throw new Error('the page is over 8 MB');
    return text;
  } catch (error) {
    throw new Problem(
      'sourceUnavailable',
      `The metrics page ${url} cannot be read: ${messageOf(error)}`,
      'Give the full URL of a page in Prometheus format, e.g. http://127.0.0.1:8000/metrics',
      error,
    );
  }
}
