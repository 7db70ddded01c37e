/** Standard Webhooks signatures (standardwebhooks.com, scheme v1): HMAC-SHA256 over `id.timestamp.body`. Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a timestamp may be off before a message counts as replayed. */
export const TOLERANCE_MS = 5 * 60 * 1000;

export interface WebhookHeaders {
  'webhook-id': string;
  /** Unix seconds. */
  'webhook-timestamp': string;
  /** `v1,<base64>`, several separated by spaces while a secret is being changed. */
  'webhook-signature': string;
}

/** A dot would make `id.timestamp.body` ambiguous. */
const ID = /^[A-Za-z0-9_-]{1,128}$/;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** Bytes of a `whsec_<base64>` secret of 24 to 64 bytes; null when it is none. */
export function secretBytes(secret: string): Buffer | null {
  const bytes = Buffer.from(SECRET.exec(secret)?.[1] ?? '', 'base64');
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}

/** Throws RangeError on an id that cannot be signed unambiguously. */
export function signWebhook(key: Buffer, id: string, nowMs: number, body: string): WebhookHeaders {
  if (!ID.test(id)) throw new RangeError(`webhook id ${JSON.stringify(id)} may hold letters, digits, _ and - only`);
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac(key, id, timestamp, body).toString('base64')}`,
  };
}

/**
 * For receivers: null when the message is genuine and fresh, else why not. A copy within the tolerance passes, as a
 * redelivery must: remember ids for that long.
 */
export function refuseWebhook(
  key: Buffer,
  headers: Partial<WebhookHeaders>,
  body: string,
  nowMs: number,
): string | null {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '', 'webhook-signature': signature = '' } = headers;
  if (!ID.test(id)) return 'the id is missing or has characters it may not have';
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return 'the timestamp is missing or no number of seconds';
  if (Math.abs(nowMs - Number(timestamp) * 1000) > TOLERANCE_MS) return 'the timestamp is too old or in the future';
  const expected = mac(key, id, timestamp, body);
  const offered = signature.split(' ').filter((part) => part.startsWith('v1,'));
  const genuine = offered.some((part) => {
    const bytes = Buffer.from(part.slice(3), 'base64');
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  return genuine ? null : 'no signature of this secret fits';
}

function mac(key: Buffer, id: string, timestamp: string, body: string): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest();
}
