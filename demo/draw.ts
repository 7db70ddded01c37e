/** What is random in the demo, all of it from one seed. Pure. */
import { createHash } from 'node:crypto';

/** Uniform numbers from 0 up to 1 (sfc32, seeded by a hash so that neighbouring seeds have nothing in common). */
export function randomFrom(seed: number): () => number {
  const hash = createHash('sha256').update(`sluice demo ${seed}`).digest();
  let [a, b, c, count] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), 1];
  return () => {
    const sum = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}

export interface Drawn<Letter> {
  mail: Letter;
  /** Fresh per delivery and drawn apart from the mail: who gets which model says nothing about what he is sent. */
  mailbox: string;
  staff: boolean;
}

/** Deliveries at random, with replacement; `staffShare` of them go to staff. */
export function deliveries<Letter>(mails: readonly Letter[], seed: number, staffShare: number): () => Drawn<Letter> {
  const random = randomFrom(seed);
  let count = 0;
  return () => {
    const mail = mails[Math.floor(random() * mails.length)];
    if (mail === undefined) throw new RangeError('there is no mail to deliver');
    count += 1;
    return { mail, mailbox: `mailbox-${seed}-${count}`, staff: random() < staffShare };
  };
}
