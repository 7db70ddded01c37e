/** `sluice plan`: lint, every default filled in, the live state of both arms and the flag, the way back tried. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { planLines } from '../render/plan.js';
import { safe } from '../render/text.js';
import { type Check, checkTable } from '../render/checks.js';
import { act, findingLine, type Shell } from './shell.js';

export function planVerb(root: Command): void {
  root
    .command('plan')
    .argument('<plan>', 'rollout file')
    .description('what would happen; arms, flag and way back checked')
    .action(act(async (shell, [file = '']) => plan(shell, file)));
}

async function plan(shell: Shell, file: string): Promise<ExitCode> {
  const { loadPlan } = await import('../files.js');
  const loaded = await loadPlan(file, (await shell.platform())?.platform.mode);
  const platform = await shell.platform();
  const { preflight } = await import('../preflight.js');
  const checks: Check[] = platform
    ? await preflight(platform.platform, loaded.plan)
    : [
        {
          name: 'platform',
          state: 'skipped',
          sentence: 'no platform file here: arms, flag and the way back were not looked at',
          remedy: 'Name it: --platform FILE',
        },
      ];
  const { warnings, filled, digest } = loaded;
  shell.emit({ version: 1, file, digest, plan: loaded.plan, warnings, filled, checks });
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
  const bad = checks.some((check) => check.state === 'problem');
  if (!bad) shell.say('', `Next: sluice start ${file}`);
  return bad ? EXIT.refused : EXIT.done;
}
