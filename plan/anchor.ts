/** Paths of a platform file are relative to the file itself, wherever a worker or a person starts. Pure. */
import { resolve } from 'node:path';
import type { Platform, TenantPlatform } from './platform-types.js';

/** The digest of a platform is taken before this: it names no machine. */
export function anchorPlatform(platform: Platform, directory: string): Platform {
  const at = (path: string): string => resolve(directory, path);
  const anchor = (tenant: TenantPlatform): TenantPlatform => ({
    ...tenant,
    stores: mapValues(tenant.stores, (store) => ({ ...store, file: at(store.file) })),
    registries: mapValues(tenant.registries, (registry) => ({ ...registry, root: at(registry.root) })),
    evidence: { ...tenant.evidence, root: at(tenant.evidence.root) },
  });
  return { ...platform, tenants: mapValues(platform.tenants, anchor) };
}

function mapValues<A, B>(all: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value)]));
}
