/** A shell and a rollout that asks for signed decisions, for tests of what is shown and what is sent. */
import type { Shell } from '../../../client/cli/shell.js';
import { plain } from '../../../client/render/paint.js';
import type { Rollouts, Told } from '../../../client/rollouts.js';
import { digestOf } from '../../../plan/canonical.js';
import type { Signed } from '../../../workflows/contract/decisions.js';
import type { Request } from '../../../workflows/contract/view.js';
import { canvas, NOW, plan, request, ROLLOUT, view } from './standings.js';

export interface Sent extends Partial<Signed> {
  verb: string;
  by: string;
  requestId?: string;
  rolloutId?: string;
  reason?: string;
}

export interface SigningShell {
  shell: Shell;
  sent: Sent[];
  /** Everything said to people, in one text. */
  said: () => string;
  /** What went to standard output as it is. */
  written: () => string;
}

export function signingShell(told: Told, keyFile: string | undefined, me = 'bo'): SigningShell {
  const sent: Sent[] = [];
  const lines: string[] = [];
  let written = '';
  const rollouts = {
    find: async () => told.found,
    tell: async () => told,
    send: async (_found: unknown, verb: string, message: Omit<Sent, 'verb'>) => {
      sent.push({ verb, ...message });
      return 'm-1';
    },
    answer: async () => ({
      messageId: 'm-1',
      state: 'accepted',
      code: 'accepted',
      sentence: 'Approved stage general.',
    }),
    pollers: async () => ({ workflows: 1, activities: 1, rollback: 1 }),
  } as unknown as Rollouts;
  const shell: Shell = {
    common: {},
    json: false,
    paint: plain,
    me,
    keyFile,
    canvas: () => canvas(),
    say: (...more) => void lines.push(...more),
    write: (text) => void (written += text),
    emit: () => undefined,
    rollouts: async () => rollouts,
    tryRollouts: async () => rollouts,
    platform: async () => null,
    close: async () => undefined,
  };
  return { shell, sent, said: () => lines.join('\n'), written: () => written };
}

/** A rollout that waits for a signed decision on this request. */
export function asking(over: Partial<Request> = {}): Told {
  const its = plan();
  const open = request({ digests: { ...request().digests, plan: digestOf(its) }, openedAtMs: NOW, ...over });
  return {
    found: {
      tenant: 'mail',
      model: 'spam-filter',
      workflowId: 'rollout/mail/spam-filter',
      runId: null,
      rolloutId: ROLLOUT,
    },
    latest: ROLLOUT,
    status: 'awaitingApproval',
    stage: open.stage,
    plan: its,
    view: view({
      status: 'awaitingApproval',
      assurance: 'signed',
      unproven: false,
      request: open,
      awaited: ['risk'],
      decisions: [],
    }),
    silence: null,
    live: null,
    ending: null,
  };
}
