/** From the names in a plan to connections of the platform: who is missing, and what each name means. Pure. */
import type { Plan } from '../workflows/contract/plan.js';
import type {
  FilesRegistry,
  FlagdStore,
  Platform,
  PrometheusConnection,
  ScrapeConnection,
  SqlConnection,
  TenantPlatform,
} from './platform-types.js';
import { hostOf } from './platform.js';
import { nearest } from './suggest.js';

export interface ResolvedPlan {
  tenant: TenantPlatform;
  store: FlagdStore;
  registry: FilesRegistry;
  /** By the plan's own source names. */
  sources: Record<string, ScrapeConnection | PrometheusConnection | SqlConnection>;
  arms: ScrapeConnection | null;
}

/**
 * Every connection a plan names. `missing` holds one sentence per name the platform does not know, with what to do.
 * In development mode a store or registry may be a path, a prometheus source a loopback URL.
 */
export function resolvePlan(
  plan: Plan,
  platform: Platform,
): { kind: 'resolved'; connections: ResolvedPlan } | { kind: 'missing'; missing: string[] } {
  const tenant = own(platform.tenants, plan.tenant);
  if (!tenant) return { kind: 'missing', missing: [lacking('tenant', plan.tenant, platform.tenants)] };
  const missing: string[] = [];
  const find = <T>(what: string, all: Record<string, T>, name: string, raw: T | null = null): T | null => {
    const found = own(all, name) ?? (platform.mode === 'development' ? raw : null);
    if (!found) missing.push(lacking(what, name, all));
    return found;
  };
  const { target, candidate } = plan;
  const store = find('store', tenant.stores, target.store, rawStore(target.store));
  const registry = find('registry', tenant.registries, candidate.registry, rawRegistry(candidate.registry));
  const sources = Object.entries(plan.sources).flatMap(([name, { kind, connection }]) => {
    const found =
      kind === 'sql'
        ? find('sql connection', tenant.sql, connection)
        : find(`${kind} source`, ofKind(tenant.sources, kind), connection, rawSource(kind, connection));
    return found ? [[name, found] as const] : [];
  });
  const arms = plan.arms === null ? null : find('scrape source', ofKind(tenant.sources, 'scrape'), plan.arms);
  for (const channel of plan.notify) find('notify channel', tenant.notify, channel);
  if (missing.length > 0 || !store || !registry) return { kind: 'missing', missing: [...new Set(missing)] };
  const hosts = [...tenant.hosts, ...rawHosts(plan, tenant)];
  const scrape = arms?.kind === 'scrape' ? arms : null;
  const connections = {
    tenant: { ...tenant, hosts },
    store,
    registry,
    sources: Object.fromEntries(sources),
    arms: scrape,
  };
  return { kind: 'resolved', connections };
}

type Source = ScrapeConnection | PrometheusConnection;

function ofKind(all: Record<string, Source>, kind: Source['kind']): Record<string, Source> {
  return Object.fromEntries(Object.entries(all).filter(([, source]) => source.kind === kind));
}

/** In development mode a path stands for a store. */
export function rawStore(text: string): FlagdStore | null {
  return text.includes('/') ? { kind: 'flagd', file: text, propagationMs: 5_000 } : null;
}

/** In development mode a path stands for a registry of files. */
export function rawRegistry(text: string): FilesRegistry | null {
  return text.includes('/') ? { kind: 'files', root: text, alias: 'production' } : null;
}

/** A loopback URL stands for a Prometheus server; a scrape needs more than one URL. */
export function rawSource(kind: Source['kind'], text: string): PrometheusConnection | null {
  const loopback = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:\/|$)/.test(text);
  if (kind !== 'prometheus' || !loopback) return null;
  return { kind: 'prometheus', url: text, labels: { arm: 'arm', via: 'via' }, token: null };
}

/** What a raw URL reaches is allowed by writing it: it is loopback, or it would not have been taken. */
function rawHosts(plan: Plan, tenant: TenantPlatform): string[] {
  return Object.values(plan.sources).flatMap(({ kind, connection }) => {
    if (kind === 'sql' || Object.hasOwn(tenant.sources, connection)) return [];
    return rawSource(kind, connection) ? [hostOf(connection)] : [];
  });
}

function lacking(what: string, name: string, all: Record<string, unknown>): string {
  const names = Object.keys(all);
  const meant = nearest(name, names);
  const remedy = meant
    ? `did you mean \`${meant}\`?`
    : names.length > 0
      ? `it has: ${names.join(', ')}`
      : 'it has none';
  return `the platform file has no ${what} \`${name}\`; ${remedy}`;
}

function own<T>(all: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(all, key) ? all[key] : undefined;
}
