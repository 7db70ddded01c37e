/** Work that is told when its time is up, and not waited for much longer. Not sandbox-safe. */

/** Who is told may say within this what he has. */
const GRACE_MS = 500;

/**
 * Aborts the work's signal after `ms` milliseconds or with `outer`. False: it was aborted, whatever it threw; true: it
 * ended by itself. Throws what the work throws by itself.
 */
export async function within(
  ms: number,
  outer: AbortSignal,
  act: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const ends = new AbortController();
  const end = () => ends.abort();
  // Plain timers, because a timeout signal that only `AbortSignal.any` refers to may be collected before it fires.
  const timer = setTimeout(end, ms);
  let last: NodeJS.Timeout | undefined;
  const deaf = new Promise<void>((resolve) => {
    ends.signal.addEventListener('abort', () => (last = setTimeout(resolve, GRACE_MS)), { once: true });
  });
  outer.addEventListener('abort', end, { once: true });
  if (outer.aborted) end();
  const acting = act(ends.signal);
  acting.catch(() => {}); // Left behind, it rejects later with nobody listening.
  try {
    await Promise.race([acting, deaf]);
    return !ends.signal.aborted;
  } catch (error) {
    if (ends.signal.aborted) return false;
    throw error;
  } finally {
    outer.removeEventListener('abort', end);
    clearTimeout(timer);
    clearTimeout(last);
  }
}
