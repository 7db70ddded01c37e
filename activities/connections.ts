/** From the names in a plan to real stores, sources and registries, as the platform file has them for one tenant. */
import { hostOf } from '../plan/platform.js';
import type { Platform, PrometheusConnection, ScrapeConnection } from '../plan/platform-types.js';
import { rawRegistry, rawSource, rawStore } from '../plan/resolve.js';
import type { SourceSpec } from '../workflows/contract/plan.js';
import type { ExposureStore } from './exposure/adapter.js';
import { flagdFileStore } from './exposure/flagd-file.js';
import { failure } from './failures.js';
import type { Notifier } from './notify/adapter.js';
import { webhookNotifier } from './notify/webhook.js';
import type { Registry } from './registry/adapter.js';
import { filesRegistry } from './registry/files.js';
import { resolveSecret } from './secrets.js';
import type { MetricSource } from './sources/adapter.js';
import { prometheusSource } from './sources/prometheus.js';
import { scrapeSource } from './sources/scrape.js';
import { sqlSource } from './sources/sql.js';
import type { EvidenceStore } from './store/adapter.js';
import { directoryEvidence } from './store/directory.js';

export interface Connections {
  exposure(store: string): ExposureStore;
  source(spec: Pick<SourceSpec, 'kind' | 'connection'>): MetricSource;
  registry(name: string): { registry: Registry; alias: string };
  evidence(): EvidenceStore;
  notifier(name: string): Notifier;
}

export interface ConnectionOptions {
  now?: () => number;
  reached?: (point: string) => void | Promise<void>;
}

/**
 * Throws `unsupported` naming what the platform file lacks. In development mode a path stands for a store or a registry,
 * a loopback URL for a Prometheus.
 */
export function openTenant(platform: Platform, tenant: string, options: ConnectionOptions = {}): Connections {
  const catalogue = named(platform.tenants, tenant, 'tenants');
  const raw = platform.mode === 'development';
  const find = <T>(all: Record<string, T>, name: string, what: string, written: (name: string) => T | null): T =>
    (raw && !Object.hasOwn(all, name) ? written(name) : null) ?? named(all, name, what);
  return {
    exposure: (name) => {
      const { file, propagationMs } = find(catalogue.stores, name, 'stores', rawStore);
      return flagdFileStore(file, { ...options, propagationMs });
    },
    source: ({ kind, connection }) =>
      kind === 'sql'
        ? sqlSource(named(catalogue.sql, connection, 'sql'), { resolveSecret, mode: platform.mode })
        : openSource(
            find(catalogue.sources, connection, 'sources', (url) => rawSource(kind, url)),
            catalogue.hosts,
          ),
    registry: (name) => {
      const { root, alias } = find(catalogue.registries, name, 'registries', rawRegistry);
      return { registry: filesRegistry(root), alias };
    },
    evidence: () => directoryEvidence(catalogue.evidence.root),
    notifier: (name) => {
      const { url, secret } = named(catalogue.notify, name, 'notify');
      return webhookNotifier({ url, secret: resolveSecret(secret) });
    },
  };
}

function openSource(connection: ScrapeConnection | PrometheusConnection, hosts: string[]): MetricSource {
  if (connection.kind === 'scrape') return scrapeSource(connection, { hosts });
  return prometheusSource(connection, { hosts: [...hosts, hostOf(connection.url)], resolveSecret });
}

function named<T>(catalogue: Record<string, T>, name: string, what: string): T {
  const found = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(catalogue).join(', ') || 'none';
  throw failure('unsupported', `The platform file has no "${name}" under ${what}; it has ${known}.`);
}
