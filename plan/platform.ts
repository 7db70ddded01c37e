/** The worker's catalogue of connections (platform.yaml): read, checked, filled. Pure; not for the sandbox. */
import type { Digest } from '../workflows/contract/plan.js';
import { digestOf } from './canonical.js';
import { readYaml } from './document.js';
import type { Platform, PrometheusConnection, ScrapeConnection, TenantPlatform } from './platform-types.js';
import type { Finding, Path, Problem } from './problem.js';
import { parseDuration } from './quantities.js';
import { platformSchema, type WrittenPlatform, type WrittenTenant } from './schema-platform.js';
import { secretsIn } from './secrets.js';
import { placed, typed } from './typed.js';

export type PlatformReading =
  | { kind: 'platform'; platform: Platform; digest: Digest }
  | { kind: 'problems'; problems: Problem[] };

/** Reads and checks a platform file; all problems at once. Paths are returned as written: the worker anchors them. */
export function readPlatform(text: string, file: string): PlatformReading {
  const source = readYaml(text, file);
  if (source.data === undefined) return { kind: 'problems', problems: source.problems };
  const { value, findings, removed } = typed(platformSchema, source.data);
  const own = value ? placed({ ...source, problems: [] }, lint(value), removed) : [];
  const secrets = secretsIn(source.data).filter(({ path }) => !removed.some((gone) => gone.join() === path.join()));
  const problems = placed({ ...source, problems: [...source.problems, ...own] }, [...findings, ...secrets]);
  if (problems.length > 0 || !value) return { kind: 'problems', problems };
  const platform = fill(value);
  return { kind: 'platform', platform, digest: digestOf(platform) };
}

function fill({ version, mode, tenants }: WrittenPlatform): Platform {
  return { version, mode, tenants: mapValues(tenants, (tenant) => fillTenant(tenant, mode)) };
}

function fillTenant(tenant: WrittenTenant, mode: Platform['mode']): TenantPlatform {
  const reached = reachable(tenant).map(({ host }) => host);
  const hosts = mode === 'development' ? [...(tenant.hosts ?? []), ...reached] : (tenant.hosts ?? []);
  return {
    stores: mapValues(tenant.stores, ({ file, propagation }) => ({
      kind: 'flagd',
      file,
      propagationMs: parseDuration(propagation ?? '5s') ?? 0,
    })),
    sources: mapValues(tenant.sources ?? {}, fillSource),
    sql: mapValues(tenant.sql ?? {}, ({ port, password, deadline, ...rest }) => ({
      ...rest,
      kind: 'postgres',
      port: port ?? 5432,
      password: password ?? null,
      deadlineMs: parseDuration(deadline ?? '3s') ?? 0,
    })),
    registries: mapValues(tenant.registries, ({ root, alias }) => ({
      kind: 'files',
      root,
      alias: alias ?? 'production',
    })),
    evidence: tenant.evidence,
    hosts: [...new Set(hosts.map((host) => host.toLowerCase()))].sort(),
    notify: mapValues(tenant.notify ?? {}, ({ url, secret }) => ({ kind: 'webhook', url, secret })),
  };
}

function fillSource(source: NonNullable<WrittenTenant['sources']>[string]): ScrapeConnection | PrometheusConnection {
  if (source.kind === 'scrape') return { ...source, digestMetric: source.digestMetric ?? 'model_info' };
  const { url, labels, token } = source;
  return {
    kind: 'prometheus',
    url,
    labels: { arm: labels?.arm ?? 'arm', via: labels?.via ?? 'via' },
    token: token ?? null,
  };
}

interface Reached {
  path: Path;
  /** `host:port`, port always written. */
  host: string;
}

/** Every place a tenant's connections go to, with where the file says so. */
function reachable(tenant: WrittenTenant): Reached[] {
  const urls = [
    ...Object.entries(tenant.sources ?? {}).flatMap(([name, source]): [Path, string][] =>
      source.kind === 'prometheus'
        ? [[['sources', name, 'url'], source.url]]
        : (['baseline', 'candidate'] as const).flatMap((arm) =>
            (['url', 'health'] as const).map((what): [Path, string] => [
              ['sources', name, 'arms', arm, what],
              source.arms[arm][what],
            ]),
          ),
    ),
    ...Object.entries(tenant.notify ?? {}).map(([name, { url }]): [Path, string] => [['notify', name, 'url'], url]),
  ];
  const databases = Object.entries(tenant.sql ?? {}).map(([name, { host, port }]): Reached => {
    const bracketed = host.includes(':') ? `[${host}]` : host;
    return { path: ['sql', name, 'host'], host: `${bracketed}:${port ?? 5432}`.toLowerCase() };
  });
  return [...urls.map(([path, url]) => ({ path, host: hostOf(url) })), ...databases];
}

/** `host:port` of a URL, the port always written. */
export function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}

function lint({ mode, tenants }: WrittenPlatform): Finding[] {
  return Object.entries(tenants).flatMap(([name, tenant]) => {
    const allowed = new Set((tenant.hosts ?? []).map((host) => host.toLowerCase()));
    return [
      ...reachable(tenant).flatMap(({ path, host }) => {
        const finding = mode === 'development' ? loopbackOnly(host) : listedOnly(host, allowed);
        return finding ? [{ ...finding, path: ['tenants', name, ...path] }] : [];
      }),
      ...(mode === 'development' ? strayHosts(name, tenant.hosts ?? []) : []),
      ...queryTimes(name, tenant),
    ];
  });
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):\d+$/;

function loopbackOnly(host: string): Omit<Finding, 'path'> | null {
  if (LOOPBACK.test(host)) return null;
  const message = `${host} is not this machine, and development mode reaches loopback only: its approvals are unproven`;
  return { code: 'notLoopback', message, remedy: 'use 127.0.0.1, or `mode: production`' };
}

function listedOnly(host: string, allowed: Set<string>): Omit<Finding, 'path'> | null {
  if (allowed.has(host)) return null;
  return {
    code: 'hostNotAllowed',
    message: `${host} is not among the \`hosts\` that connections may reach`,
    remedy: `add \`${host}\` to \`hosts\``,
  };
}

function strayHosts(tenant: string, hosts: string[]): Finding[] {
  return [...hosts.entries()].flatMap(([index, host]) => {
    const finding = loopbackOnly(host.toLowerCase());
    return finding ? [{ ...finding, path: ['tenants', tenant, 'hosts', index] }] : [];
  });
}

/** An attempt of a bake ends within 5 s, its queries with it. */
const LONGEST_QUERY_MS = 5_000;

function queryTimes(tenant: string, { sql }: WrittenTenant): Finding[] {
  return Object.entries(sql ?? {}).flatMap(([name, { deadline }]): Finding[] => {
    const deadlineMs = parseDuration(deadline ?? '3s') ?? 0;
    if (deadlineMs > 0 && deadlineMs <= LONGEST_QUERY_MS) return [];
    const message = `a query may not take ${deadline}: a poll ends within 5s`;
    return [
      {
        code: 'queryDeadline',
        path: ['tenants', tenant, 'sql', name, 'deadline'],
        message,
        remedy: 'write 5s or less',
      },
    ];
  });
}

function mapValues<In, Out>(all: Record<string, In>, make: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, make(value)]));
}
