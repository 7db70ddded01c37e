/**
 * Work that takes longer than one attempt of an activity may. It goes on when the attempt has given up, and the attempt
 * that comes next takes its answer instead of beginning again, which would never end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { notYet } from '../failures.js';

/** Well within the 15 s of a write, of which the write itself needs some. */
const PATIENCE_MS = 8_000;
/** An answer that nobody came for is not given to somebody who asks later. */
const KEPT_MS = 60_000;
const AGAIN_MS = 500;

const underWay = new WeakMap<object, Map<string, Promise<unknown>>>();

/** `owner` is the process's own, `key` names the work. Throws NotYet when it is not done in time, and what the work throws. */
export async function acrossAttempts<T>(
  owner: object,
  key: string,
  work: () => Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const works = underWay.get(owner) ?? new Map<string, Promise<unknown>>();
  underWay.set(owner, works);
  const begun = (works.get(key) as Promise<T> | undefined) ?? begin(works, key, work);
  const patience = new AbortController();
  const late = delay(patienceMs, null, { signal: patience.signal }).catch(() => null);
  try {
    const answer = await Promise.race([begun.then((value) => ({ value })), late]);
    if (answer === null) throw notYet(`Still at work on ${key}.`, AGAIN_MS);
    works.delete(key);
    return answer.value;
  } finally {
    patience.abort();
  }
}

function begin<T>(works: Map<string, Promise<unknown>>, key: string, work: () => Promise<T>): Promise<T> {
  const begun = work();
  works.set(key, begun);
  const forget = (): void => {
    if (works.get(key) === begun) works.delete(key);
  };
  begun.then(() => void setTimeout(forget, KEPT_MS).unref(), forget);
  return begun;
}
