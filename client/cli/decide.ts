/** `sluice approve` and `reject`: a person's answer to one request. Identity assurance: asked once, never assumed. */
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { Problem } from '../problem.js';
import { requestLines } from '../render/request.js';
import type { Told } from '../rollouts.js';
import { confirm } from './ask.js';
import { deliver } from './deliver.js';
import { act, type Shell } from './shell.js';

interface DecideOptions {
  request?: string;
  reason?: string;
  yes?: boolean;
}

/** `approve` stands on the first screen, `reject` on the second. */
export function decisionVerbs(root: Command, first: string, more: string): void {
  decisionVerb(root, 'approve', 'a yes to the open request, shown first').helpGroup(first);
  decisionVerb(root, 'reject', 'a no to the open request').helpGroup(more);
}

function decisionVerb(root: Command, verb: 'approve' | 'reject', description: string): Command {
  return root
    .command(verb)
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .option('--request <id>', 'the request you have read; none: the open one, shown first')
    .option('--reason <text>', 'for the record')
    .option('--yes', 'do not ask')
    .description(description)
    .action(
      act<DecideOptions>(async (shell, [name], options) => decide(shell, verb, await told(shell, name), options)),
    );
}

async function told(shell: Shell, name: string | undefined): Promise<Told> {
  const rollouts = await shell.rollouts();
  return rollouts.tell(await rollouts.find(name, shell.common.tenant));
}

async function decide(shell: Shell, verb: 'approve' | 'reject', told: Told, options: DecideOptions): Promise<ExitCode> {
  const request = told.view?.request ?? null;
  if (options.request === undefined && !request) throw noRequest(told);
  if (request) shell.say(...requestLines(request, told, shell.canvas()), '');
  const requestId = options.request ?? request?.requestId;
  const question = `${verb === 'approve' ? 'Approve' : 'Reject'} this as ${shell.me} (identity UNPROVEN)?`;
  const remedy = `Add --yes: sluice ${verb} ${told.found.model} --request ${requestId} --as ${shell.me} --yes`;
  if (!(await confirm(question, options.yes === true, remedy))) {
    shell.emit({ version: 1, verb, state: 'notSent' });
    shell.say('Nothing was sent.');
    return EXIT.refused;
  }
  return deliver(shell, told.found, verb, { reason: options.reason, requestId });
}

function noRequest({ found, view, silence }: Told): Problem {
  if (view) {
    const remedy = `See what it waits for: sluice why ${found.model}`;
    return new Problem('noRequest', `${found.model} asks nobody for a decision now.`, remedy);
  }
  return new Problem(
    'workerAbsent',
    `The open request of ${found.model} cannot be shown: ${silence ?? 'no worker answers'}.`,
    'Start a worker (`sluice worker`), or name the request you have read: --request ID.',
  );
}
