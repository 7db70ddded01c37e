/** The child's half of the demo's processes: reads its argument, says when it is ready, and ends when its parent does. */

/** The one JSON argument on the command line. */
export function argument<T>(): T {
  return JSON.parse(process.argv[2] ?? 'null') as T;
}

/** Sends what the parent waits for. */
export function announceReady(ready: object): void {
  process.send?.({ kind: 'ready', ...ready });
}

/** Also when the parent was killed with -9: its end of the channel is closed by the kernel. */
export function endWithParent(cleanUp: () => void | Promise<void>): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void Promise.resolve(cleanUp()).finally(() => process.exit(0));
  };
  process.once('disconnect', end);
  process.once('SIGTERM', end);
  // Ctrl-C reaches the whole group; the parent decides the order in which things stop.
  process.on('SIGINT', () => {});
}
