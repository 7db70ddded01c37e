/** One Temporal runtime per process, logging through pino. To be installed before any connection is made. */
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import { pino } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

export function installRuntime(level: string, metricsAddress: string | null): void {
  const log = pino({ level, base: { program: 'sluice-worker' } }, pino.destination(2));
  Runtime.install({
    logger: new DefaultLogger('TRACE', (entry: LogEntry) => log[LEVELS[entry.level]](entry.meta ?? {}, entry.message)),
    telemetryOptions: metricsAddress === null ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } },
  });
}
