/**
 * `sluice rollback`: one command, any state. Sends, blocks and counts down to zero observed. With worker or Temporal
 * down it says so and offers `--direct`, which writes zero into the flag itself.
 */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { Found } from '../find.js';
import { Problem } from '../problem.js';
import { exposureText, percent } from '../render/numbers.js';
import { duration, safe, words, wrap } from '../render/text.js';
import { timesLine } from '../render/times.js';
import { type Ending, loweringOf, type Standing } from '../standing.js';
import { confirm } from './ask.js';
import { standingOf } from './gathering.js';
import { act, type Shell } from './shell.js';

interface RollbackOptions {
  reason?: string;
  direct?: boolean;
  flag?: string;
  store?: string;
  yes?: boolean;
}

const EVERY_MS = 250;
/** Nobody has taken the message in this time: the flag may be the better way. */
const UNANSWERED_MS = 10_000;

export function rollbackVerb(root: Command): void {
  root
    .command('rollback')
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .option('--reason <text>', 'for the record')
    .option('--direct', 'write zero into the flag itself, with Temporal or the worker down')
    .option('--flag <name>', 'with --direct: the flag, when it is not named as the model and no evidence tells')
    .option('--store <name>', 'with --direct: the store of the flag, when there are several')
    .option('--yes', 'with --direct: do not ask')
    .description('everyone back on the baseline, from any state')
    .action(
      act<RollbackOptions>(async (shell, [name], options) =>
        options.direct === true ? direct(shell, name, options) : rollback(shell, name, options.reason),
      ),
    );
}

async function rollback(shell: Shell, name: string | undefined, reason: string | undefined): Promise<ExitCode> {
  const rollouts = await shell.tryRollouts();
  if (rollouts instanceof Problem) throw offerDirect(rollouts, name, shell);
  const { found, open } = await rollouts.identify(await rollouts.find(name, shell.common.tenant));
  const beganMs = Date.now();
  if (!open) return alreadyEnded(shell, found, beganMs);
  const { rolloutId } = found;
  await rollouts.send(found, 'rollback', {
    by: shell.me,
    ...(reason === undefined ? {} : { reason }),
    ...(rolloutId === null ? {} : { rolloutId }),
  });
  const { workflows } = await rollouts.pollers();
  if (workflows === 0) return unanswered(shell, found, 'no worker is up');
  return countDown(shell, found, beganMs).catch((error: unknown) => {
    throw error instanceof Problem && error.code === 'temporalUnreachable' ? offerDirect(error, name, shell) : error;
  });
}

/** Fine when users are back already; what was promoted, or left behind by a termination, this rollout cannot undo. */
async function alreadyEnded(shell: Shell, found: Found, beganMs: number): Promise<ExitCode> {
  const { ending } = await (await shell.rollouts()).tell(found);
  if (!ending) return countDown(shell, found, beganMs);
  if (ending.outcome === 'rolledBack' || ending.outcome === 'cancelled') return finish(shell, found, ending, beganMs);
  const remedy =
    ending.outcome === 'completed'
      ? 'The candidate is the baseline now: roll out the version before it with `sluice start PLAN`.'
      : `If users may still be exposed: ${directCommand(found.model, shell)}`;
  throw new Problem(
    'ended',
    `Rollout ${found.rolloutId ?? found.model} has ended (${words(ending.outcome)}); it takes nothing back.`,
    remedy,
  );
}

/** Until the rollout ends: a line with each change of what is asked, served and observed. */
async function countDown(shell: Shell, found: Found, beganMs: number): Promise<ExitCode> {
  let last = '';
  let taken = false;
  for (;;) {
    const now = await standingOf(shell, found);
    if (now.ending) return finish(shell, found, now.ending, beganMs);
    if (!now.heard.temporal) throw new Problem('temporalUnreachable', now.notes.join(' '), '');
    taken ||= loweringOf(now) !== null;
    if (!taken && Date.now() - beganMs > UNANSWERED_MS) {
      return unanswered(shell, found, now.heard.worker ? 'nobody has taken it' : 'no worker answers');
    }
    const line = progress(now);
    if (line !== last) shell.say(`${line} (after ${duration(Date.now() - beganMs)})`);
    last = line;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function progress(standing: Standing): string {
  const { view, flag, live } = standing;
  const times = loweringOf(standing)?.times;
  const asked = times ? 'asked 0 %' : `asked ${view ? percent(view.asked.share) : 'unknown'}, going to 0 %`;
  const served = flag ? `, flag serves ${exposureText(flag.served)}` : '';
  const seen = times?.zeroObservedAtMs != null ? 0 : (live?.heartbeat?.observed?.share ?? null);
  return `${asked}${served}, observed ${seen === null ? 'not yet' : percent(seen)}`;
}

function finish(shell: Shell, found: Found, ending: Ending, beganMs: number): ExitCode {
  const { paint, width } = shell.canvas();
  const took = Date.now() - beganMs;
  shell.emit({ version: 1, rolloutId: found.rolloutId, model: found.model, tenant: found.tenant, ...ending });
  shell.say(...wrap(`${paint.bold(words(ending.outcome))} ${safe(ending.sentence)}`, width, '  '));
  if (ending.lowering) {
    shell.say(...timesLine(ending.lowering.times).map((line) => `  ${line}`));
    if (took > EVERY_MS) shell.say(`  0 % after ${duration(took)} from your command`);
  }
  return ending.outcome === 'rolledBack' || ending.outcome === 'cancelled' ? EXIT.done : EXIT.refused;
}

function directCommand(name: string | undefined, shell: Shell): string {
  const { tenant, platform } = shell.common;
  const more = [...(tenant ? ['--tenant', tenant] : []), ...(platform ? ['--platform', platform] : [])];
  return ['sluice rollback', name ?? 'MODEL', '--direct', ...more].join(' ');
}

function offerDirect(problem: Problem, name: string | undefined, shell: Shell): Problem {
  const remedy = `Put users back through the flag itself, now: ${directCommand(name, shell)} (needs platform.yaml and write access to the store). Without it the lease puts them back when it runs out.`;
  return new Problem(problem.code, `${problem.message} The rollout cannot be told.`, remedy, problem);
}

function unanswered(shell: Shell, found: Found, why: string): ExitCode {
  const command = directCommand(found.model, shell);
  const sentence = `The rollback is delivered and kept, but ${why}. The lease puts users back when it runs out.`;
  shell.emit({ version: 1, verb: 'rollback', state: 'pending', code: 'workerAbsent', sentence, direct: command });
  shell.say(...wrap(`${shell.paint.yellow('delivered, unanswered')}: ${sentence}`, shell.canvas().width, '  '));
  shell.say('Put them back at once, through the flag itself:', `  ${command}`);
  return EXIT.waiting;
}

async function direct(shell: Shell, name: string | undefined, options: RollbackOptions): Promise<ExitCode> {
  const { flag, store } = options;
  const platform = await shell.platform();
  if (!platform) {
    const remedy = 'Name the platform file: --platform FILE, or SLUICE_PLATFORM.';
    throw new Problem('badPlatform', '--direct goes through the platform file, and there is none here.', remedy);
  }
  const { findTarget, restore } = await import('../direct.js');
  const target = await findTarget(platform.platform, { name, tenant: shell.common.tenant, flag, store });
  const question = `Write zero into flag ${target.flag} (store ${target.store}) for rollout ${target.rolloutId}; everyone gets ${target.baselineVersion}?`;
  const remedy = `Add --yes: ${directCommand(name, shell)} --yes`;
  if (!(await confirm(question, options.yes === true, remedy))) {
    shell.say('Nothing was written.');
    return EXIT.refused;
  }
  const done = await restore(platform.platform, target, shell.me);
  shell.emit({ version: 1, ...done });
  shell.say(...wrap(`${shell.paint.green('zero')} ${safe(done.sentence)}`, shell.canvas().width, '  '));
  return EXIT.done;
}
