/** The files `sluice init` writes: commented, legal as they stand, meant to be edited. Pure. */
import { type MetricsPage, type Proposal, propose } from './propose.js';

export interface InitNames {
  model: string;
  /** Default `default`. */
  tenant?: string;
  /** Name of the scrape connection. Default `<model>-servers`. */
  connection?: string;
}

export type InitPlan =
  | { kind: 'plan'; text: string; proposal: Proposal }
  /** The page has nothing to judge by; the sentence says what it would take. */
  | { kind: 'nothing'; sentence: string };

/** A plan from what a metrics page offers: `sluice init --from URL`. */
export function initPlanFrom(page: MetricsPage, names: InitNames): InitPlan {
  const proposal = propose(page);
  if (proposal.rates.length + proposal.quantiles.length === 0) {
    const sentence =
      'The page has neither a counter of failures beside a counter of everything (requests_failed_total, requests_total) nor a histogram of seconds (request_seconds): export one, or describe a source of your own in the plan.';
    return { kind: 'nothing', sentence };
  }
  return { kind: 'plan', text: planText(proposal, names), proposal };
}

const STARTER: Proposal = {
  rates: [{ name: 'errors', units: 'requests_total', events: 'requests_failed_total' }],
  quantiles: [{ name: 'latency', histogram: 'request_seconds', limitMs: 50 }],
  withoutVia: [],
};

/** The three files of `sluice init`, by file name. People and ports are placeholders of a working shape. */
export function initFiles(model: string, { tenant = 'default' }: { tenant?: string } = {}): Record<string, string> {
  return {
    [`${model}.rollout.yaml`]: planText(STARTER, { model, tenant }),
    'platform.yaml': platformText(model, tenant),
    'policy.yaml': policyText(model, tenant),
  };
}

function planText(
  proposal: Proposal,
  { model, tenant = 'default', connection = `${model}-servers` }: InitNames,
): string {
  const { rates, quantiles } = proposal;
  const metrics = [
    ...rates.map(
      ({ name, units, events }) =>
        `  ${name}: { from: traffic, kind: rate, units: ${units}, events: ${events}, better: lower }`,
    ),
    ...quantiles.map(
      ({ name, histogram }) =>
        `  ${name}: { from: traffic, kind: quantile, histogram: ${histogram}, q: 0.99, better: lower }`,
    ),
  ];
  const gates = [
    ...rates.map(
      ({ name }) => `  ${name}: { promoteWhen: { provenWithin: 1pp } }   # at most one point worse than the baseline`,
    ),
    ...quantiles.map(
      ({ name, limitMs }) => `  ${name}: { promoteWhen: { provenBelow: ${limitMs}ms } }   # an edge of its histogram`,
    ),
  ];
  return `# Rollout of ${model}. \`sluice plan\` shows every default filled in; docs/plan.md explains every key.
version: 1
preset: standard                # beta, then general, with approvals and a watch afterwards, by risk
model: ${model}
tenant: ${tenant}
owner: team-${model}
risk: medium                    # low, medium or high; the policy sets the least
candidate: { registry: models, version: "2" }   # the version to roll out
target: { store: flags, flag: ${model}, stickyBy: userId }
sources:
  traffic: { scrape: ${connection}, window: 30s }
${viaNote(proposal)}metrics:
${metrics.join('\n')}
gates:
${gates.join('\n')}
`;
}

function viaNote({ withoutVia }: Proposal): string {
  if (withoutVia.length === 0) return '';
  return `# These series lack the label \`via\` (share, cohort:<name> or none), without which they cannot be judged:
${withoutVia.map((series) => `#   ${series}`).join('\n')}
`;
}

function platformText(model: string, tenant: string): string {
  return `# The worker's catalogue: plans name these connections. Secrets stand here by reference only (env:NAME, file:/path).
version: 1
mode: development               # loopback only, unsigned decisions, everything marked UNPROVEN
tenants:
  ${tenant}:
    stores:
      flags: { kind: flagd, file: flags.json, propagation: 1s }   # how soon the application reads a change
    sources:
      ${model}-servers:
        kind: scrape
        arms:
          baseline: { url: "http://127.0.0.1:7101/metrics", health: "http://127.0.0.1:7101/health" }
          candidate: { url: "http://127.0.0.1:7102/metrics", health: "http://127.0.0.1:7102/health" }
        digestMetric: model_info
    registries:
      models: { kind: files, root: models, alias: production }
    evidence: { root: .sluice/evidence }
`;
}

function policyText(model: string, tenant: string): string {
  return `# The organisation's rules: who may decide, what binds a model, the least that every plan must ask for.
version: 1
serial: 1
people:
  - { id: ada, kind: human, roles: [modelOwner] }
  - { id: grace, kind: human, roles: [modelOwner, risk] }
models:
  - { model: ${model}, tier: medium, tenant: ${tenant}, target: flags/${model}, registry: models }
floor:
  low: {}
  medium:
    general: [{ role: modelOwner, min: 1 }]
  high:
    beta: [{ role: modelOwner, min: 1 }]
    general: [{ role: modelOwner, min: 1 }, { role: risk, min: 1 }]
`;
}
