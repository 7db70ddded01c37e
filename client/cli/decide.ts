/**
 * `sluice approve`, `reject` and `revoke`: a person's answer to one request, asked for once and never assumed. Signed
 * where the rollout asks for signatures (decide-signed.ts); elsewhere the name given is all there is, and is called UNPROVEN.
 */
import type { Command } from 'commander';
import type { DecisionKind } from '../../workflows/contract/decisions.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { Problem } from '../problem.js';
import { requestLines } from '../render/request.js';
import type { Told } from '../rollouts.js';
import { confirm } from './ask.js';
import { deliver } from './deliver.js';
import { act, type Shell } from './shell.js';

export interface DecideOptions {
  request?: string;
  reason?: string;
  print?: boolean;
  signature?: string;
  statement?: string;
  yes?: boolean;
}

const DESCRIPTIONS: Record<DecisionKind, string> = {
  approve: 'a yes to the open request, shown first',
  reject: 'a no to the open request',
  revoke: 'take your own yes back',
};

const SIGNING = `
Where decisions are signed, what is shown is read from the very text that gets signed, with
your key (--key, SLUICE_KEY): a private key file, or the .pub file of a key in ssh-agent.
To sign on another machine, print the text, sign it there, send it from here:
  sluice VERB MODEL --as YOU --key you.pub --print > d.json
  ssh-keygen -Y sign -n VERB.v1@sluice -f you d.json
  sluice VERB MODEL --signature d.json.sig`;

/** `approve` stands on the first screen, the others on the second. */
export function decisionVerbs(root: Command, first: string, more: string): void {
  decisionVerb(root, 'approve').helpGroup(first);
  decisionVerb(root, 'reject').helpGroup(more);
  decisionVerb(root, 'revoke').helpGroup(more);
}

function decisionVerb(root: Command, verb: DecisionKind): Command {
  return root
    .command(verb)
    .argument('[rollout]', 'model name or rollout id; none: the only open one')
    .option('--request <id>', 'the request you have read; none: the open one, shown first')
    .option('--reason <text>', 'for the record')
    .option('--print', 'only print the text to sign, without a line end')
    .option('--signature <file>', 'send this signature; the text is the file of that name without .sig')
    .option('--statement <file>', 'with --signature: the text that was signed, when it is named otherwise')
    .option('--yes', 'do not ask')
    .description(DESCRIPTIONS[verb])
    .addHelpText('after', SIGNING.replaceAll('VERB', verb))
    .action(act<DecideOptions>(async (shell, [name], options) => decide(shell, verb, name, options)));
}

async function decide(
  shell: Shell,
  verb: DecisionKind,
  name: string | undefined,
  options: DecideOptions,
): Promise<ExitCode> {
  if (options.signature !== undefined) {
    return (await import('./decide-signed.js')).sendSignature(shell, verb, name, {
      ...options,
      signature: options.signature,
    });
  }
  const told = await tellOf(shell, name);
  const { view, found } = told;
  // Past the rise a yes cannot be taken back, only held: nothing is signed for that.
  if (verb === 'revoke' && view && !view.request) return deliver(shell, found, verb, { reason: options.reason });
  if (view && view.assurance !== 'identity') {
    return (await import('./decide-signed.js')).decideSigned(shell, verb, told, options);
  }
  if (options.print === true) throw nothingToSign(told);
  return decideByName(shell, verb, told, options);
}

export async function tellOf(shell: Shell, name: string | undefined): Promise<Told> {
  const rollouts = await shell.rollouts();
  return rollouts.tell(await rollouts.find(name, shell.common.tenant));
}

async function decideByName(shell: Shell, verb: DecisionKind, told: Told, options: DecideOptions): Promise<ExitCode> {
  const request = told.view?.request ?? null;
  if (options.request === undefined && !request) throw noRequest(told);
  if (request) shell.say(...requestLines(request, told, shell.canvas()), '');
  const requestId = options.request ?? request?.requestId;
  const question = `${capital(verb)} this as ${shell.me} (identity UNPROVEN)?`;
  const remedy = `Add --yes: sluice ${verb} ${told.found.model} --request ${requestId} --as ${shell.me} --yes`;
  if (!(await confirm(question, options.yes === true, remedy))) return notSent(shell, verb);
  return deliver(shell, told.found, verb, { reason: options.reason, requestId });
}

export function notSent(shell: Shell, verb: DecisionKind): ExitCode {
  shell.emit({ version: 1, verb, state: 'notSent' });
  shell.say('Nothing was sent.');
  return EXIT.refused;
}

export function capital(verb: string): string {
  return verb.charAt(0).toUpperCase() + verb.slice(1);
}

export function noRequest({ found, view, silence }: Told): Problem {
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

function nothingToSign(told: Told): Problem {
  if (!told.view) return noRequest(told);
  const message = `Decisions of ${told.found.model} are not signed: its worker has no trust roots (UNPROVEN).`;
  return new Problem('unsupported', message, 'Leave --print out, or run the worker with --trust-roots FILE.');
}
