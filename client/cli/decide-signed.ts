/**
 * A signed decision: its text is made from the open request, shown from that text, signed by ssh-keygen here or elsewhere,
 * and sent as it was signed, letter by letter.
 */
import { readFileSync } from 'node:fs';
import { readDecision } from '../../approvals/decision-check.js';
import { requestMismatch } from '../../approvals/request-match.js';
import { verifySshsig } from '../../approvals/sshsig.js';
import { canonicalStatement } from '../../approvals/statement.js';
import {
  type DecisionKind,
  type DecisionStatement,
  NAMESPACES,
  type Signed,
} from '../../workflows/contract/decisions.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { Request } from '../../workflows/contract/view.js';
import { messageOf, Problem } from '../problem.js';
import { given } from '../render/decisions.js';
import { decisionLines, fields } from '../render/statement.js';
import { safe } from '../render/text.js';
import type { Told } from '../rollouts.js';
import { openSigner, sign } from '../sign.js';
import { confirm } from './ask.js';
import { capital, type DecideOptions, noRequest, notSent, tellOf } from './decide.js';
import { deliver } from './deliver.js';
import type { Shell } from './shell.js';

/** Shows, asks once, signs, sends. With --print only the text goes out, for signing elsewhere. */
export async function decideSigned(
  shell: Shell,
  verb: DecisionKind,
  told: Told,
  options: DecideOptions,
): Promise<ExitCode> {
  const request = openRequest(told, options.request);
  const signer = await openSigner(shell.keyFile);
  const decision: DecisionStatement = {
    version: 1,
    decision: verb,
    request,
    by: shell.me,
    key: signer.key.fingerprint,
    reason: options.reason ?? null,
    issuedAtMs: Date.now(),
  };
  const statement = canonicalStatement(decision);
  if (options.print === true) return print(shell, statement, told);
  show(shell, statement, told);
  const question = `${capital(verb)} and sign this as ${shell.me}?`;
  const command = `sluice ${verb} ${told.found.model} --request ${request.requestId} --as ${shell.me} --key ${signer.file}`;
  if (!(await confirm(question, options.yes === true, `Add --yes: ${command} --yes`))) return notSent(shell, verb);
  const signature = await sign(signer, NAMESPACES[verb], statement);
  return deliver(shell, told.found, verb, {
    reason: options.reason,
    requestId: request.requestId,
    signed: { statement, signature, by: decision.by },
  });
}

/** Sends what was signed elsewhere, after it has been checked and shown here. */
export async function sendSignature(
  shell: Shell,
  verb: DecisionKind,
  name: string | undefined,
  options: DecideOptions & { signature: string },
): Promise<ExitCode> {
  const signed = signedFiles(options.signature, options.statement);
  const said = checked(signed, verb);
  const told = await tellOf(shell, name ?? said.request.rolloutId);
  const request = openRequest(told, options.request);
  const differs = requestMismatch({ ...said.request }, request);
  if (differs) {
    const remedy = `Print and sign the request that is open now: sluice ${verb} ${told.found.model} --print`;
    throw new Problem(differs.code, `${differs.sentence} Nothing was sent.`, remedy);
  }
  show(shell, signed.statement, told);
  const remedy = `Add --yes: sluice ${verb} ${told.found.model} --signature ${options.signature} --yes`;
  if (!(await confirm(`${capital(verb)}: send this for ${safe(said.by)}?`, options.yes === true, remedy))) {
    return notSent(shell, verb);
  }
  const { by, reason } = said;
  return deliver(shell, told.found, verb, {
    reason: reason ?? undefined,
    requestId: request.requestId,
    signed: { ...signed, by },
  });
}

function openRequest(told: Told, wanted: string | undefined): Request {
  const { view, found } = told;
  if (!view) {
    throw new Problem(
      'workerAbsent',
      `What is asked of ${found.model} cannot be seen: ${told.silence ?? 'no worker answers'}.`,
      'Start a worker (`sluice worker`) and try again: a signature covers the whole request.',
    );
  }
  if (!view.request) throw noRequest(told);
  if (wanted === undefined || wanted === view.request.requestId) return view.request;
  throw new Problem(
    'staleRequest',
    `Request ${wanted} is not open: ${found.model} asks for ${view.request.requestId}, stage ${view.request.stage}.`,
    `Read the open one: sluice why ${found.model}`,
  );
}

/** Standard output carries the bytes and nothing else; who watches the terminal is shown what they mean. */
function print(shell: Shell, statement: string, told: Told): ExitCode {
  if (process.stderr.isTTY) {
    process.stderr.write(`${decisionLines(statement, told.plan, shell.canvas()).join('\n')}\n`);
  }
  shell.write(statement);
  return EXIT.done;
}

function show(shell: Shell, statement: string, told: Told): void {
  const { view, plan } = told;
  const canvas = shell.canvas();
  const decided = view?.request ? given(view, view.request) : [];
  shell.say(
    ...decisionLines(statement, plan, canvas),
    '',
    shell.paint.dim('Beside it, as the worker tells it and no part of what is signed:'),
    ...fields(
      [
        ['given', decided.join('; ') || 'nobody has decided yet'],
        ['awaited', view?.awaited.map(safe).join(', ') || 'nobody more'],
      ],
      canvas,
    ),
    '',
  );
}

function signedFiles(signature: string, statement: string | undefined): Signed {
  const text = statement ?? signature.replace(/\.sig$/, '');
  if (text === signature) {
    const message = `Which text does ${signature} sign? Its name does not end in .sig.`;
    throw new Problem('badSignature', message, 'Name it: --statement FILE');
  }
  return { statement: contents(text), signature: contents(signature) };
}

function contents(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    throw new Problem('badSignature', `${file} cannot be read: ${messageOf(error)}`, 'Name a readable file.', error);
  }
}

/** Everything that can be known here without the policy; whose key it is, the worker says. */
function checked(signed: Signed, verb: DecisionKind): DecisionStatement {
  const read = readDecision(signed);
  if (read.kind === 'refused') {
    const remedy = `Sign the bytes as --print wrote them: sluice ${verb} MODEL --print > d.json (no editor, no line end).`;
    throw new Problem(read.code, read.sentence, remedy);
  }
  const { statement } = read;
  if (statement.decision !== verb) {
    const message = `The statement says ${statement.decision}, not ${verb}.`;
    throw new Problem('wrongNamespace', message, `Send it as what it is: sluice ${statement.decision} ...`);
  }
  const namespace = NAMESPACES[verb];
  const check = verifySshsig({ message: signed.statement, armored: signed.signature, namespace });
  const again = `Sign it again: ssh-keygen -Y sign -n ${namespace} -f KEY FILE`;
  if (check.kind === 'refused') throw new Problem(check.code, check.sentence, again);
  if (check.key.fingerprint === statement.key) return statement;
  const message = `The statement names key ${statement.key}, and ${check.key.fingerprint} signed it.`;
  throw new Problem('badSignature', message, `Print it for the key that signs: --key THAT.pub --print`);
}
