/** `sluice start`: shows the plan, asks, signs the order where there is a key, starts. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPlan } from '../files.js';
import type { OrderFile } from '../order.js';
import { planLines } from '../render/plan.js';
import { confirm } from './ask.js';
import { modeHere } from './gathering.js';
import { sayForecast } from './say-forecast.js';
import { act, findingLine, type Shell } from './shell.js';
import { waitFor } from './wait.js';

export interface StartOptions {
  yes?: boolean;
  wait?: boolean;
  statePolicy?: boolean;
  breakGlass?: string;
  reason?: string;
  waive?: string[];
  orderOut?: string;
  coSign?: string;
  order?: string;
}

/** Longer than any rollout is watched from one terminal. */
const FOR_EVER_MS = 2 ** 31 - 1;

const EMERGENCY = `
An emergency start waives gates up to the exposure the policy allows, pages at once, and must
be reviewed afterwards by somebody else (sluice review). Where the policy asks for several people, the order is
made once and passed on; each signs the same facts, with a key of their own:
  sluice start PLAN --break-glass CODE --reason "..." --waive GATE --order-out order.json
  sluice start PLAN --co-sign order.json         (each further person)
  sluice start PLAN --order order.json           (within a day)`;

export function startVerb(root: Command): void {
  root
    .command('start')
    .argument('<plan>', 'rollout file')
    .option('--yes', 'do not ask')
    .option('--wait', 'block until it ends; exit code by outcome')
    .option('--state-policy', 'refuse unless the worker holds the policy file that is here')
    .option('--break-glass <code>', 'an emergency, with a reason code of the policy')
    .option('--reason <text>', 'with --break-glass: why')
    .option('--waive <gate...>', 'with --break-glass: gates that need not pass; they may still roll back')
    .option('--order-out <file>', 'sign the order into this file and start nothing')
    .option('--co-sign <file>', 'approve the emergency start in this file and start nothing')
    .option('--order <file>', 'start what was ordered in this file')
    .description('start a rollout; shows the plan and asks')
    .addHelpText('after', EMERGENCY)
    .action(act<StartOptions>(async (shell, [file = ''], options) => start(shell, file, options)));
}

async function start(shell: Shell, file: string, options: StartOptions): Promise<ExitCode> {
  const { loadPlan, loadPolicy } = await import('../files.js');
  const loaded = await loadPlan(file, await modeHere(shell));
  for (const warning of loaded.warnings) shell.say(`${shell.paint.yellow('warning')} ${findingLine(warning)}`);
  shell.say(...planLines(loaded.plan, loaded.digest, shell.canvas()), '');
  if (options.coSign !== undefined || options.orderOut !== undefined) {
    const { coSign, makeOrder } = await import('./start-order.js');
    return options.coSign === undefined
      ? makeOrder(shell, loaded, options, options.orderOut ?? '')
      : coSign(shell, loaded, options, options.coSign);
  }
  const policy = options.statePolicy === true ? await loadPolicy(shell.common.policy) : null;
  const ordering = await orderingOf(shell, loaded, options);
  // Connect before asking: a yes to something that cannot start is worth nothing.
  const rollouts = await shell.rollouts();
  if (options.yes !== true) await foretell(shell, loaded);
  const by = ordering?.by ?? shell.me;
  if (!(await confirm(`Start it as ${by}?`, options.yes === true, `Add --yes: sluice start ${file} --yes`))) {
    shell.say('Nothing was started.');
    return EXIT.refused;
  }
  const { plan, digest } = loaded;
  const signed = await ordering?.sign();
  const found = await rollouts.start({
    plan,
    planDigest: digest,
    by,
    statedPolicyDigest: policy?.digest ?? null,
    ...(ordering === null ? {} : { rolloutId: ordering.rolloutId }),
    ...(signed === undefined ? {} : { order: signed.order, breakGlass: signed.approvals }),
  });
  const { workflows } = await rollouts.pollers();
  if (options.wait !== true) shell.emit({ version: 1, ...found, planDigest: digest, worker: workflows > 0 });
  shell.say(...started(loaded, found.rolloutId, workflows > 0, shell));
  return options.wait === true ? waitFor(shell, found, FOR_EVER_MS) : EXIT.done;
}

/** A signed order, made from a file or to be signed after the yes. */
export interface Ordering {
  by: string;
  rolloutId: string;
  sign(): Promise<OrderFile>;
}

/** Null where nobody signs: then the worker takes the name, or refuses. */
async function orderingOf(shell: Shell, loaded: LoadedPlan, options: StartOptions): Promise<Ordering | null> {
  const isSigned = options.order !== undefined || options.breakGlass !== undefined || shell.keyFile !== undefined;
  if (!isSigned && options.waive === undefined) return null;
  const { newOrdering, orderingFrom } = await import('./start-order.js');
  return options.order === undefined
    ? newOrdering(shell, loaded, options)
    : orderingFrom(shell, loaded, options, options.order);
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
