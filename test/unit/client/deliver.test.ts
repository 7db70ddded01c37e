/** A message is delivered first; then it is answered, refused, or kept. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { deliver } from '../../../client/cli/deliver.js';
import type { Shell } from '../../../client/cli/shell.js';
import type { Found } from '../../../client/find.js';
import { plain } from '../../../client/render/paint.js';
import type { Rollouts } from '../../../client/rollouts.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import type { Answer } from '../../../workflows/contract/messages.js';
import { canvas, ROLLOUT } from './standings.js';

const found: Found = {
  tenant: 'mail',
  model: 'spam-filter',
  workflowId: 'rollout/mail/spam-filter',
  runId: null,
  rolloutId: ROLLOUT,
};

interface Heard {
  shell: Shell;
  sent: unknown[];
  said: string[];
  emitted: Record<string, unknown>[];
}

function shell(workers: number, answer: Omit<Answer, 'messageId'> | null): Heard {
  const sent: unknown[] = [];
  const said: string[] = [];
  const emitted: Record<string, unknown>[] = [];
  const rollouts = {
    send: async (_found: Found, verb: string, message: object) => {
      sent.push({ verb, ...message });
      return 'm-1';
    },
    answer: async () => answer && { messageId: 'm-1', ...answer },
    pollers: async () => ({ workflows: workers, activities: workers, rollback: workers }),
  } as unknown as Rollouts;
  const fake = {
    common: {},
    json: false,
    paint: plain,
    me: 'ana',
    canvas: () => canvas(),
    say: (...lines: string[]) => void said.push(...lines),
    emit: (document: object) => void emitted.push(document as Record<string, unknown>),
    rollouts: async () => rollouts,
  } as unknown as Shell;
  return { shell: fake, sent, said, emitted };
}

test('sends who, why and for which rollout, and ends with 0 when it is accepted', async () => {
  const heard = shell(1, { state: 'accepted', code: 'accepted', sentence: 'Held.' });
  assert.equal(await deliver(heard.shell, found, 'hold', { reason: 'lunch' }), EXIT.done);
  assert.deepEqual(heard.sent, [{ verb: 'hold', by: 'ana', rolloutId: ROLLOUT, reason: 'lunch' }]);
  assert.deepEqual(heard.said, ['accepted: Held.']);
});

test('ends with 3 and the sentence when it is refused', async () => {
  const heard = shell(1, { state: 'refused', code: 'selfApproval', sentence: 'ana started this rollout.' });
  assert.equal(await deliver(heard.shell, found, 'approve', { requestId: 'q-1' }), EXIT.refused);
  assert.deepEqual(heard.said, ['refused [selfApproval]: ana started this rollout.']);
});

test('says at once that no worker is up, and that the message is kept', async () => {
  const heard = shell(0, null);
  assert.equal(await deliver(heard.shell, found, 'hold', {}), EXIT.waiting);
  assert.equal(heard.sent.length, 1);
  assert.match(heard.said[0] ?? '', /^delivered, unanswered: no worker is up; Temporal keeps the message/);
  assert.equal(heard.emitted[0]?.['state'], 'pending');
});

test('ends with 11 when a worker seems up but nobody answers', async () => {
  const heard = shell(1, null);
  assert.equal(await deliver(heard.shell, found, 'hold', {}), EXIT.waiting);
  assert.match(heard.said[0] ?? '', /nobody answered within 10 s/);
});
