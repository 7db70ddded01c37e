/** Sending a verb from the command line: delivered, then answered, refused, or kept until a worker is up. */
import type { Signed } from '../../workflows/contract/decisions.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { Verb } from '../../workflows/contract/messages.js';
import type { Found } from '../find.js';
import { safe } from '../render/text.js';
import type { Shell } from './shell.js';

const ANSWER_MS = 10_000;

export interface Letter {
  reason?: string | undefined;
  requestId?: string | undefined;
  /** A signed decision: whoever signed it sends it, and the text is what was signed, letter by letter. */
  signed?: (Signed & { by: string }) | undefined;
}

/** Delivered first, whatever else is up or down; the answer second. */
export async function deliver(shell: Shell, found: Found, verb: Verb, letter: Letter): Promise<ExitCode> {
  const rollouts = await shell.rollouts();
  const { reason, requestId, signed } = letter;
  const messageId = await rollouts.send(found, verb, {
    by: signed?.by ?? shell.me,
    ...(found.rolloutId === null ? {} : { rolloutId: found.rolloutId }),
    ...(reason === undefined ? {} : { reason }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(signed === undefined ? {} : { statement: signed.statement, signature: signed.signature }),
  });
  const base = { version: 1, verb, messageId, rolloutId: found.rolloutId };
  const { workflows } = await rollouts.pollers();
  const answer = workflows === 0 ? null : await rollouts.answer(found, messageId, ANSWER_MS);
  if (!answer) {
    const sentence = silence(workflows);
    shell.emit({ ...base, state: 'pending', code: 'workerAbsent', sentence });
    shell.say(`${shell.paint.yellow('delivered, unanswered')}: ${sentence}`);
    return EXIT.waiting;
  }
  shell.emit({ ...base, state: answer.state, code: answer.code, sentence: answer.sentence });
  const title =
    answer.state === 'accepted' ? shell.paint.green('accepted') : shell.paint.red(`refused [${answer.code}]`);
  shell.say(`${title}: ${safe(answer.sentence)}`);
  return answer.state === 'accepted' ? EXIT.done : EXIT.refused;
}

function silence(workflows: number): string {
  return workflows === 0
    ? 'no worker is up; Temporal keeps the message and it is handled when one starts (`sluice worker`).'
    : `nobody answered within ${ANSWER_MS / 1000} s; Temporal keeps the message. Is a worker up? (\`sluice doctor\`)`;
}
