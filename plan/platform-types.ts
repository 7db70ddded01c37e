/** The worker's catalogue of connections, stores and secrets, per tenant (platform.yaml). Plans name, the platform resolves. */

/** `env:NAME` or `file:/path`; resolved in activities, never in history. */
export type SecretRef = string;

export interface ScrapeArm {
  /** Prometheus-format page. */
  url: string;
  health: string;
}
export interface ScrapeConnection {
  kind: 'scrape';
  arms: { baseline: ScrapeArm; candidate: ScrapeArm };
  /** Gauge whose `digest` label is the digest of the loaded model. */
  digestMetric: string;
}
export interface PrometheusConnection {
  kind: 'prometheus';
  url: string;
  /** Labels that tell arms, and how a unit met its arm, apart; values `baseline` and `candidate`, and DESIGN's via. */
  labels: { arm: string; via: string };
  token: SecretRef | null;
}
export interface SqlConnection {
  kind: 'postgres';
  host: string;
  port: number;
  database: string;
  user: string;
  password: SecretRef | null;
  /** Client-side deadline of one query. */
  deadlineMs: number;
}
export interface FlagdStore {
  kind: 'flagd';
  file: string;
  /** Longest time from a write to every evaluator seeing it; 5,000 when the file does not say. */
  propagationMs: number;
}
export interface FilesRegistry {
  kind: 'files';
  root: string;
  alias: string;
}
export interface WebhookChannel {
  kind: 'webhook';
  url: string;
  /** `whsec_...` after resolving. */
  secret: SecretRef;
}
export interface TenantPlatform {
  stores: Record<string, FlagdStore>;
  sources: Record<string, ScrapeConnection | PrometheusConnection>;
  sql: Record<string, SqlConnection>;
  registries: Record<string, FilesRegistry>;
  evidence: { root: string };
  /** `host:port` that connections may reach. */
  hosts: string[];
  notify: Record<string, WebhookChannel>;
}
export interface Platform {
  version: 1;
  mode: 'development' | 'production';
  tenants: Record<string, TenantPlatform>;
}
