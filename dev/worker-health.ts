/** Health of a worker in a container: exit code 0 when the worker of this host has polled lately. Node only. */
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { polledSince } from './pollers.js';

/** A poll stays open for a minute before the worker asks again. */
const LATELY_MS = 90_000;
const ANSWER_MS = 8_000;

const { connectionOptions, namespace } = loadClientConnectConfig();
const connection = await Connection.connect({ ...connectionOptions, connectTimeout: ANSWER_MS });
const polled = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
  polledSince(connection, namespace ?? 'default', Date.now() - LATELY_MS, `@${hostname()}`),
);
await connection.close();
if (!polled) process.stderr.write(`no worker of ${hostname()} has polled for ${LATELY_MS / 1000} s\n`);
process.exit(polled ? 0 : 1);
