/** From the names in a plan to real stores, sources and registries, as the platform file has them for one tenant. */
import { ApplicationFailure } from '@temporalio/common';
import type { Platform } from '../plan/platform-types.js';
import type { SourceSpec } from '../workflows/contract/plan.js';
import type { ExposureStore } from './exposure/adapter.js';
import { flagdFileStore } from './exposure/flagd-file.js';
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

/** Throws `unsupported` naming what the platform file lacks. */
export function openTenant(platform: Platform, tenant: string, options: ConnectionOptions = {}): Connections {
  const catalogue = named(platform.tenants, tenant, 'tenants');
  const { hosts } = catalogue;
  const sql = { resolveSecret, mode: platform.mode };
  return {
    exposure: (name) => {
      const { file, propagationMs } = named(catalogue.stores, name, 'stores');
      return flagdFileStore(file, { ...options, ...(propagationMs === undefined ? {} : { propagationMs }) });
    },
    source: (spec) => {
      if (spec.kind === 'sql') return sqlSource(named(catalogue.sql, spec.connection, 'sql'), sql);
      const connection = named(catalogue.sources, spec.connection, 'sources');
      if (connection.kind !== spec.kind) throw unknownName(spec.connection, `sources of kind ${spec.kind}`, []);
      return connection.kind === 'scrape'
        ? scrapeSource(connection, { hosts })
        : prometheusSource(connection, { hosts, resolveSecret });
    },
    registry: (name) => {
      const { root, alias } = named(catalogue.registries, name, 'registries');
      return { registry: filesRegistry(root), alias };
    },
    evidence: () => directoryEvidence(catalogue.evidence.root),
    notifier: (name) => {
      const { url, secret } = named(catalogue.notify, name, 'notify');
      return webhookNotifier({ url, secret: resolveSecret(secret) });
    },
  };
}

function named<T>(catalogue: Record<string, T>, name: string, what: string): T {
  const found = Object.hasOwn(catalogue, name) ? catalogue[name] : undefined;
  if (found === undefined) throw unknownName(name, what, Object.keys(catalogue));
  return found;
}

function unknownName(name: string, what: string, known: string[]): ApplicationFailure {
  const message = `The platform file has no "${name}" under ${what}; it has ${known.join(', ') || 'none'}.`;
  return ApplicationFailure.create({ type: 'unsupported', message, nonRetryable: true });
}
