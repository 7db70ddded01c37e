/**
 * The only way a source speaks HTTP: to hosts the platform file lists, without redirects, proxies or compression,
 * bounded in time and bytes. Node's own agent is used, because the global one may follow proxy settings of the environment.
 */
import http from 'node:http';
import https from 'node:https';
import { excerpt } from './failures.js';

/** 5 s from the first byte sent to the last received. */
export const FETCH_TIMEOUT_MS = 5000;
/** 8 MB of body. */
export const FETCH_LIMIT_BYTES = 8 * 1024 * 1024;

export interface FetchOrder {
  url: string;
  /** `host:port` that may be asked; compared with the parsed address, exactly. */
  hosts: readonly string[];
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  /** Default FETCH_TIMEOUT_MS. */
  timeoutMs?: number;
  signal: AbortSignal;
}

export interface Fetched {
  status: number;
  text: string;
}

/** Why there is no answer. `notAllowed` will never change by asking again. */
export class FetchFault extends Error {
  readonly kind: 'notAllowed' | 'unreachable';
  constructor(kind: 'notAllowed' | 'unreachable', message: string) {
    super(message);
    this.name = 'FetchFault';
    this.kind = kind;
  }
}

/** Parses and checks an address; throws FetchFault `notAllowed`. The message names host and path only: a query may hold a secret. */
export function allowedUrl(address: string, hosts: readonly string[]): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new FetchFault('notAllowed', 'an address is not an http(s) URL; write http://host:port/path');
  if (url.username !== '' || url.password !== '')
    throw new FetchFault('notAllowed', `${url.host}: no user or password in a URL; use a secret reference`);
  const authority = `${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port}`;
  if (!hosts.includes(authority))
    throw new FetchFault('notAllowed', `${authority} is not among the hosts of the platform file; add it under hosts`);
  return url;
}

/** One request, one answer of any status but a redirect; throws FetchFault. */
export async function guardedFetch(order: FetchOrder): Promise<Fetched> {
  const url = allowedUrl(order.url, order.hosts);
  const where = `${url.host}${url.pathname}`;
  const timeoutMs = order.timeoutMs ?? FETCH_TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(url, order, AbortSignal.any([order.signal, deadline]));
  } catch (error) {
    if (error instanceof FetchFault) throw new FetchFault(error.kind, `${where} ${error.message}`);
    if (order.signal.aborted) throw new FetchFault('unreachable', `${where} was not waited for: the attempt ended`);
    if (deadline.aborted) throw new FetchFault('unreachable', `${where} did not answer within ${timeoutMs} ms`);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FetchFault('unreachable', `${where} cannot be reached: ${code ?? excerpt(message)}`);
  }
}

function exchange(url: URL, order: FetchOrder, signal: AbortSignal): Promise<Fetched> {
  const secure = url.protocol === 'https:';
  const agent = secure ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false });
  const headers = { 'accept-encoding': 'identity', ...order.headers };
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(
      url,
      { method: order.method ?? 'GET', headers, agent, signal },
      (response) => void readBody(response).then(resolve, reject),
    );
    request.on('error', reject);
    request.end(order.body);
  });
}

async function readBody(response: http.IncomingMessage): Promise<Fetched> {
  const status = response.statusCode ?? 0;
  try {
    if (status >= 300 && status < 400)
      throw new FetchFault('unreachable', `answers ${status}; redirects are not followed`);
    if ((response.headers['content-encoding'] ?? 'identity') !== 'identity')
      throw new FetchFault('unreachable', 'answers compressed although that was not asked for');
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > FETCH_LIMIT_BYTES)
        throw new FetchFault('unreachable', `answers more than ${FETCH_LIMIT_BYTES} bytes`);
      chunks.push(chunk);
    }
    return { status, text: decode(Buffer.concat(chunks)) };
  } finally {
    response.destroy();
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FetchFault('unreachable', 'answers something that is not UTF-8');
  }
}
