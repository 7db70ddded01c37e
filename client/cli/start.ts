/** `sluice start`: shows the plan, asks, starts. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPlan } from '../files.js';
import { planLines } from '../render/plan.js';
import { confirm } from './ask.js';
import { modeHere } from './gathering.js';
import { sayForecast } from './say-forecast.js';
import { act, findingLine, type Shell } from './shell.js';
import { waitFor } from './wait.js';

interface StartOptions {
  yes?: boolean;
  wait?: boolean;
  statePolicy?: boolean;
}

/** Longer than any rollout is watched from one terminal. */
const FOR_EVER_MS = 2 ** 31 - 1;

export function startVerb(root: Command): void {
  root
    .command('start')
    .argument('<plan>', 'rollout file')
    .option('--yes', 'do not ask')
    .option('--wait', 'block until it ends; exit code by outcome')
    .option('--state-policy', 'refuse unless the worker holds the policy file that is here')
    .description('start a rollout; shows the plan and asks')
    .action(act<StartOptions>(async (shell, [file = ''], options) => start(shell, file, options)));
}

async function start(shell: Shell, file: string, options: StartOptions): Promise<ExitCode> {
  const { loadPlan, loadPolicy } = await import('../files.js');
  const loaded = await loadPlan(file, await modeHere(shell));
  for (const warning of loaded.warnings) shell.say(`${shell.paint.yellow('warning')} ${findingLine(warning)}`);
  shell.say(...planLines(loaded.plan, loaded.digest, shell.canvas()), '');
  const policy = options.statePolicy === true ? await loadPolicy(shell.common.policy) : null;
  // Connect before asking: a yes to something that cannot start is worth nothing.
  const rollouts = await shell.rollouts();
  if (options.yes !== true) await foretell(shell, loaded);
  if (!(await confirm(`Start it as ${shell.me}?`, options.yes === true, `Add --yes: sluice start ${file} --yes`))) {
    shell.say('Nothing was started.');
    return EXIT.refused;
  }
  const { plan, digest } = loaded;
  const found = await rollouts.start({
    plan,
    planDigest: digest,
    by: shell.me,
    statedPolicyDigest: policy?.digest ?? null,
  });
  const { workflows } = await rollouts.pollers();
  if (options.wait !== true) shell.emit({ version: 1, ...found, planDigest: digest, worker: workflows > 0 });
  shell.say(...started(loaded, found.rolloutId, workflows > 0, shell));
  return options.wait === true ? waitFor(shell, found, FOR_EVER_MS) : EXIT.done;
}

/** Whoever is asked is told how long it will take; who has said yes already need not wait for it. */
async function foretell(shell: Shell, loaded: LoadedPlan): Promise<void> {
  const { askForecast } = await import('../forecast/ask.js');
  const platform = await shell.platform();
  await sayForecast(shell, loaded, await askForecast(platform?.platform ?? null, loaded.plan));
}

function started({ plan }: LoadedPlan, rolloutId: string | null, worker: boolean, { paint }: Shell): string[] {
  return [
    `${paint.green('started')} ${plan.model} ${plan.candidate.version}: rollout ${rolloutId}`,
    ...(worker ? [] : [paint.yellow('No worker is up: it begins when one starts (`sluice worker`).')]),
    `Next: sluice watch ${plan.model}`,
  ];
}
