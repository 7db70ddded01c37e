/**
 * Notifications as signed webhooks with a CloudEvents 1.0 body. Text is plain text: receivers must not read it as markup.
 * The body is the same at every attempt, so receivers can drop repetitions by id. Not sandbox-safe.
 */
import { failure } from '../failures.js';
import { FetchFault, guardedFetch } from '../sources/guarded-fetch.js';
import type { Notifier } from './adapter.js';
import { secretBytes, signWebhook } from './standard-webhook.js';

type Event = Parameters<Notifier['send']>[0];

/** One attempt may take this long; Temporal repeats it. */
const TIMEOUT_MS = 5000;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export interface WebhookOptions {
  url: string;
  /** `whsec_<base64>` of 24 to 64 bytes. */
  secret: string;
  /** Unix milliseconds; default the system's clock. */
  now?: () => number;
}

/** Throws badPlatform on an unusable address or secret; `send` throws notifyFailed, retried. */
export function webhookNotifier({ url, secret, now = Date.now }: WebhookOptions): Notifier {
  const authority = authorityOf(url);
  const key = secretBytes(secret);
  if (key === null)
    throw failure('badPlatform', `the secret of webhook ${authority} is not whsec_<base64 of 24 to 64 bytes>.`);
  return {
    async send(event, signal) {
      const id = event.eventId.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 128);
      const body = JSON.stringify(cloudEvent(id, event));
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        ...signWebhook(key, id, now(), body),
      };
      const order = { url, hosts: [authority], method: 'POST' as const, headers, body, timeoutMs: TIMEOUT_MS, signal };
      const { status } = await guardedFetch(order).catch((error: unknown) => {
        throw error instanceof FetchFault ? notDelivered(authority, id, error.kind) : error;
      });
      if (status < 200 || status >= 300) throw notDelivered(authority, id, `answers ${status}`);
    },
  };
}

/** `source` names the model, `subject` the rollout; types are like CDEvents' (`dev.sluice.rollout.rolledBack`). */
export function cloudEvent(
  id: string,
  { tenant, model, rolloutId, type, urgent, sentence }: Event,
): Record<string, unknown> {
  return {
    specversion: '1.0',
    id,
    source: `/sluice/${encodeURIComponent(tenant)}/${encodeURIComponent(model)}`,
    type: `dev.sluice.rollout.${type}`,
    subject: rolloutId,
    datacontenttype: 'application/json',
    data: { version: 1, tenant, model, rolloutId, urgent, sentence: sentence.replace(CONTROL, ' ') },
  };
}

/** Host and port only: the path of a webhook is often its secret. */
function authorityOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw failure('badPlatform', 'a webhook needs an http(s) address without user and password.');
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? '443' : '80') : parsed.port;
  return `${parsed.hostname}:${port}`;
}

function notDelivered(authority: string, id: string, why: string): Error {
  return failure('notifyFailed', `${authority} did not take event ${id}: ${why}; it is sent again.`);
}
