/** `sluice plan`: lint, every default filled in, the live state of both arms and the flag, the way back tried, the forecast. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPlan, LoadedPlatform } from '../files.js';
import { type Check, checkTable } from '../render/checks.js';
import { planLines } from '../render/plan.js';
import { safe } from '../render/text.js';
import { sayForecast } from './say-forecast.js';
import { act, findingLine, type Shell } from './shell.js';

export function planVerb(root: Command): void {
  root
    .command('plan')
    .argument('<plan>', 'rollout file')
    .description('what would happen, and how long it takes; arms, flag and way back checked')
    .action(act(async (shell, [file = '']) => plan(shell, file)));
}

async function plan(shell: Shell, file: string): Promise<ExitCode> {
  const { loadPlan } = await import('../files.js');
  const loaded = await loadPlan(file, (await shell.platform())?.platform.mode);
  const platform = await shell.platform();
  const checks = await checksOf(platform, loaded);
  const { askForecast } = await import('../forecast/ask.js');
  // After the checks, not beside them: some databases bear one reader at a time.
  const forecast = await askForecast(platform?.platform ?? null, loaded.plan);
  const { warnings, filled, digest } = loaded;
  shell.emit({ version: 1, file, digest, plan: loaded.plan, warnings, filled, checks, forecast });
  for (const warning of warnings) shell.say(`${shell.paint.yellow('warning')} ${findingLine(warning)}`);
  shell.say(...planLines(loaded.plan, digest, shell.canvas()));
  shell.say(
    '',
    shell.paint.bold('With every default filled in'),
    ...filled
      .trimEnd()
      .split('\n')
      .map((line) => `  ${safe(line)}`),
  );
  shell.say('', shell.paint.bold('As it is now'), ...checkTable(checks, shell.canvas()));
  await sayForecast(shell, loaded, forecast);
  const bad = checks.some(({ state }) => state === 'problem') || forecast.troubles.some(({ refuses }) => refuses);
  if (!bad) shell.say('', `Next: sluice start ${file}`);
  return bad ? EXIT.refused : EXIT.done;
}

async function checksOf(platform: LoadedPlatform | null, loaded: LoadedPlan): Promise<Check[]> {
  if (platform) return (await import('../preflight.js')).preflight(platform.platform, loaded.plan);
  const sentence = 'no platform file here: arms, flag and the way back were not looked at';
  return [{ name: 'platform', state: 'skipped', sentence, remedy: 'Name it: --platform FILE' }];
}
