/** What the traffic sends to a filter server and what comes back: many deliveries in one request, each counted by itself. */
import { type Letter, MAIL_TYPES, type MailType } from './mail.js';

export interface Delivery extends Letter {
  /** How the mailbox met this arm; a label of every counter. */
  via: string;
  /** True type of the mail, as a label only: no model is shown it. */
  mailType: MailType;
}

/** In the order of the deliveries; null: that one failed. */
export interface Classified {
  version: string;
  spam: (boolean | null)[];
}

const VIA = /^(?:share|none|cohort:[a-z0-9-]{1,63})$/;

/** Throws on anything else than a list of deliveries: labels end up on the metrics page, so they are checked. */
export function parseDeliveries(text: string): Delivery[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new TypeError('the body is not a list of deliveries');
  return list.map((one: Partial<Delivery> | null, index) => {
    const { via, mailType, subject, body } = one ?? {};
    if (typeof via !== 'string' || !VIA.test(via)) throw new TypeError(`delivery ${index} has no usable via`);
    const known = MAIL_TYPES.find((type) => type === mailType);
    if (known === undefined) throw new TypeError(`delivery ${index} has no mailType the demo knows`);
    if (typeof subject !== 'string' || typeof body !== 'string') throw new TypeError(`delivery ${index} has no letter`);
    return { via, mailType: known, subject, body };
  });
}
