/**
 * The way to Temporal: its own environment configuration (TEMPORAL_ADDRESS, temporal.toml, profiles) and nothing else.
 * Every call has a deadline; what fails comes out as a Problem. Loaded lazily: the SDK takes a fifth of a second.
 */
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { messageOf, Problem } from './problem.js';

export const DEFAULT_ADDRESS = '127.0.0.1:7233';
const CONNECT_MS = 3_000;
const CALL_MS = 10_000;

/** gRPC status codes that mean something here. */
export const GRPC = {
  /** What a deadline of ours looks like when it ends a call between two retries. */
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface Temporal {
  client: Client;
  address: string;
  namespace: string;
  /** Runs calls under a deadline (10 s unless told) and turns what they throw into a Problem. */
  call<T>(work: () => Promise<T>, withinMs?: number): Promise<T>;
  close(): Promise<void>;
}

/** Throws temporalUnreachable within 3 s when nobody answers. */
export async function connect(): Promise<Temporal> {
  const { connectionOptions, namespace: configured } = configuration();
  const address = connectionOptions.address ?? localServer() ?? DEFAULT_ADDRESS;
  const namespace = configured ?? 'default';
  const { apiKey, tls, metadata } = connectionOptions;
  const given = {
    address,
    connectTimeout: CONNECT_MS,
    ...(apiKey ? { apiKey } : {}),
    ...(metadata ? { metadata } : {}),
  };
  if (await isRefused(address)) throw unreachable(address, null);
  const connection = await Connection.connect(tls === undefined ? given : { ...given, tls: tls as boolean }).catch(
    (error: unknown) => {
      throw unreachable(address, error);
    },
  );
  const client = new Client({ connection, namespace });
  return {
    client,
    address,
    namespace,
    call: (work, withinMs = CALL_MS) =>
      connection.withDeadline(Date.now() + withinMs, work).catch((error: unknown) => {
        throw asProblem(error, address, namespace);
      }),
    close: () => connection.close(),
  };
}

/** A port nobody listens on says so at once; gRPC would go on trying until its time is over. */
function isRefused(address: string): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return Promise.resolve(false);
  const socket = createConnection({ host, port, timeout: CONNECT_MS });
  return new Promise((resolve) => {
    const answer = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'));
  });
}

function configuration(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new Problem(
      'temporalUnreachable',
      `Temporal's environment configuration cannot be read: ${messageOf(error)}`,
      'Correct temporal.toml (TEMPORAL_CONFIG_FILE names another) or the TEMPORAL_* variables.',
      error,
    );
  }
}

/** What `sluice dev` left in this directory: its server may listen on another port than the usual one. */
function localServer(): string | null {
  try {
    const instance = JSON.parse(readFileSync(join('.sluice', 'dev.json'), 'utf8')) as {
      server?: { address?: unknown } | null;
    };
    const address = instance.server?.address;
    return typeof address === 'string' ? address : null;
  } catch {
    return null;
  }
}

function unreachable(address: string, error: unknown): Problem {
  return new Problem(
    'temporalUnreachable',
    `No Temporal server answers at ${address}.`,
    'Start a local one with `sluice dev`, or set TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) to yours.',
    error,
  );
}

/** gRPC status of an error or of what caused it. */
export function grpcCode(error: unknown): number | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return null;
}

/** Our own deadline ended the call. */
export function isOverdue(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.deadlineExceeded || code === GRPC.cancelled;
}

/** Errors that callers tell apart (not found, already started, failed workflows) pass through as they are. */
function asProblem(error: unknown, address: string, namespace: string): unknown {
  switch (grpcCode(error)) {
    case GRPC.unavailable:
    case GRPC.deadlineExceeded:
    case GRPC.cancelled:
      return unreachable(address, error);
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return new Problem(
        'temporalUnreachable',
        `The Temporal server at ${address} refuses these credentials for namespace ${namespace}.`,
        'Check TEMPORAL_API_KEY or the TLS entries of your profile, and TEMPORAL_NAMESPACE.',
        error,
      );
    default:
      return /namespace .*not found/i.test(causeMessages(error))
        ? new Problem(
            'temporalUnreachable',
            `The Temporal server at ${address} has no namespace ${namespace}.`,
            'Set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace NAME',
            error,
          )
        : error;
  }
}

/** All messages down the chain of causes, for telling errors apart that gRPC gives one code. */
export function causeMessages(error: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    messages.push(at.message);
  return messages.join(' · ');
}
