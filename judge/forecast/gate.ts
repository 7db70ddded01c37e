/**
 * One gate of a plan, simulated by itself: the other gates of a step are not asked, so they neither stop nor delay it,
 * but the plan's division of the false-alarm budget stays. Pure, sandbox-safe.
 */
import { passing } from './candidates.js';
import type { Site } from './bake.js';
import { type Case, type Setting, leastCost } from './case.js';
import { sitesOf } from './journey.js';
import { isSimulated } from './level.js';
import { calculatedAt, passesOf, shortfallOf } from './passing.js';
import type { GateForecast } from './types.js';
import { unitsReached } from './units.js';

export interface GateRows {
  /** Null: nothing of it can be simulated. */
  of: Case | null;
  /** By site; null where the step does not ask the gate. What is caught is not yet in them. */
  rows: (GateForecast | null)[];
}

export function forecastGate(setting: Setting, gate: string): GateRows {
  const { plan, levels, work } = setting;
  const sites = sitesOf(plan, new Set([gate]));
  const spec = plan.gates[gate];
  const metric = spec && plan.metrics[spec.metric];
  const source = metric && plan.sources[metric.from];
  if (!spec || !metric || !source) return { of: null, rows: sites.map(() => null) };
  const level = levels[spec.metric] ?? null;
  const blank = blankFor(gate, spec.metric);
  const asking = sites.map((site) => (site.gates.length > 0 ? site : null));
  if (level === null) return { of: null, rows: asking.map((site) => site && blank) };
  if (!isSimulated(metric.kind)) {
    const reached = (site: Site) => unitsReached(site.stage, source, level, site.share);
    const rows = asking.map(
      (site): GateForecast | null => site && { ...blank, basis: 'unitsOnly', passes: reached(site) },
    );
    return { of: null, rows };
  }
  const of: Case = { ...setting, gate, spec, metric, source, level };
  const steps = asking.filter((site) => site !== null).length;
  const affordable = work.affords(leastCost(level, steps));
  return { of, rows: asking.map(affordable ? simulated(of) : calculated(of)) };
}

function blankFor(gate: string, metric: string): GateForecast {
  return {
    gate,
    metric,
    basis: 'noEstimate',
    better: 1,
    passes: null,
    cannotDecide: null,
    catches: [],
    inSlice: null,
  };
}

/** For a plan that has more gates, slices and steps than can be tried in time. */
function calculated(of: Case) {
  const candidate = passing(of.spec.promoteWhen, of.metric, of.level);
  return (site: Site | null): GateForecast | null => {
    if (!site) return null;
    const blank = blankFor(of.gate, of.spec.metric);
    if (!candidate) return { ...blank, basis: 'neverPasses' };
    return { ...blank, basis: 'calculated', better: candidate.better, ...calculatedAt(of, candidate.level, site) };
  };
}

function simulated(of: Case) {
  const candidate = passing(of.spec.promoteWhen, of.metric, of.level);
  const passes = candidate && passesOf(of, candidate.level);
  return (site: Site | null, index: number): GateForecast | null => {
    if (!site) return null;
    const spread = passes?.[index] ?? null;
    const slow = candidate && spread && spread.runs > 0 && spread.p80Ms === null;
    return {
      ...blankFor(of.gate, of.spec.metric),
      basis: candidate ? 'simulated' : 'neverPasses',
      better: candidate?.better ?? 1,
      passes: spread,
      cannotDecide: slow ? shortfallOf(of, candidate.level, index) : null,
    };
  };
}
