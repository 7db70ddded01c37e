/** Names and ids on the wire: builders and parsers in one place. Sandbox-safe. */

export interface TaskQueues {
  workflows: string;
  activities: string;
  rollback: string;
}

/** Where each kind of work is polled. Rollback has a queue of its own, so that no backlog of checks can delay it. */
export function taskQueues(prefix: string): TaskQueues {
  return { workflows: `${prefix}-workflows`, activities: `${prefix}-activities`, rollback: `${prefix}-rollback` };
}

export const TASK_QUEUES = taskQueues('sluice');

/** A workflow finds its activities beside itself: the queues of one installation share a prefix. */
export function queuesBeside(workflowQueue: string): TaskQueues {
  return taskQueues(workflowQueue.replace(/-workflows$/, ''));
}

export const WORKFLOW_TYPE = 'rollout';

/** Grammar of models, tenants, stages, gates and people. */
export const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const ROLLOUT_ID = /^r-[a-z2-7]{26}$/;

/** One open rollout per model: a second start meets the id of the first. */
export function workflowId(tenant: string, model: string): string {
  return `rollout/${tenant}/${model}`;
}

export function parseWorkflowId(id: string): { tenant: string; model: string } | null {
  const [head, tenant, model, ...rest] = id.split('/');
  return head === 'rollout' && tenant && model && rest.length === 0 ? { tenant, model } : null;
}

export function isRolloutId(text: string): boolean {
  return ROLLOUT_ID.test(text);
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** `r-` and 26 base32 characters from at least 17 random bytes; never a legal model reference, since it is looked up first. */
export function rolloutIdFrom(random: Uint8Array): string {
  let bits = 0;
  let value = 0;
  let text = '';
  for (const byte of random) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5 && text.length < 26) {
      bits -= 5;
      text += BASE32[(value >>> bits) & 31];
      value &= (1 << bits) - 1;
    }
  }
  if (text.length < 26) throw new RangeError('a rollout id takes at least 17 random bytes');
  return `r-${text}`;
}

/** Directory and key of one bake: `<stage>-<step>-<attempt>`. */
export function stepKey(stage: string, step: number, attempt: number): string {
  return `${stage}-${step}-${attempt}`;
}

/** Search attributes, all Keyword, all set at start: an unregistered upsert would fail workflow tasks for ever. */
export const SEARCH_ATTRIBUTES = {
  model: 'SluiceModel',
  stage: 'SluiceStage',
  status: 'SluiceStatus',
  risk: 'SluiceRisk',
} as const;
