/**
 * Split check: are the arms as large as the share in force says? Dirichlet-multinomial anytime-valid p on units first
 * seen (statistics.md 2.2, 12.8). A broken split says the comparison is void, not that the candidate is bad.
 * Pure, sandbox-safe.
 */
import type { Plan } from '../workflows/contract/plan.js';
import type { SplitVerdict } from '../workflows/contract/verdicts.js';
import type { Cell } from '../workflows/contract/windows.js';
import { sharedUnits } from './counts.js';
import { lnBeta } from './numerics.js';
import { count, percent } from './words.js';

/** Begins anew with each share in force; within one, a broken split stays broken. */
export interface SplitState {
  share: number;
  baseline: number;
  candidate: number;
  /** Largest ln e-value so far. */
  lnE: number;
}

/** Weight of the planned share in the mixture: about the number of units after which a deviation of 3 % would show. */
const CONCENTRATION = 1_000;
/** Assumed scatter of requests per user (coefficient of variation), where users are not counted once. */
const ACTIVITY_CV = 1;

export const noSplit = (): SplitState => ({ share: 0, baseline: 0, candidate: 0, lnE: 0 });

/** The one metric whose units are counted: the first rate by name, else the first of all. */
export function splitMetric(plan: Plan): string | null {
  const names = Object.keys(plan.metrics).sort();
  return names.find((name) => plan.metrics[name]?.kind === 'rate') ?? names[0] ?? null;
}

/** `users`: how many distinct ones there are, where units are requests of users; null where units are independent. */
export function addToSplit(state: SplitState, share: number, cells: readonly Cell[], users: number | null): void {
  if (!(share > 0 && share < 1)) return;
  if (state.share !== share) Object.assign(state, { ...noSplit(), share });
  const baseline = sharedUnits(cells, 'baseline');
  const candidate = sharedUnits(cells, 'candidate');
  const once = (baseline.firstSeen ?? candidate.firstSeen) !== null;
  state.baseline += once ? (baseline.firstSeen ?? 0) : baseline.units;
  state.candidate += once ? (candidate.firstSeen ?? 0) : candidate.units;
  const lnE = once || users === null ? lnEvidence(state) : lnEvidenceOfRequests(state, users);
  if (lnE > state.lnE) state.lnE = lnE;
}

function lnEvidence({ share, baseline, candidate }: SplitState): number {
  const [k, rest] = [CONCENTRATION * share, CONCENTRATION * (1 - share)];
  const mixture = lnBeta(k + candidate, rest + baseline) - lnBeta(k, rest);
  return mixture - candidate * Math.log(share) - baseline * Math.log1p(-share);
}

/** Normal mixture with the variance that sticky users cause: s(1-s)[1/n + (1+CV^2)/U]. */
function lnEvidenceOfRequests({ share, baseline, candidate }: SplitState, users: number): number {
  const n = baseline + candidate;
  if (n <= 0) return 0;
  const spread = share * (1 - share);
  const variance = spread * (1 / n + (1 + ACTIVITY_CV ** 2) / users);
  const prior = spread / CONCENTRATION;
  const off = candidate / n - share;
  return 0.5 * Math.log(variance / (variance + prior)) + (prior * off * off) / (2 * variance * (variance + prior));
}

export function splitVerdict(state: SplitState, level: number): SplitVerdict {
  const n = state.baseline + state.candidate;
  const p = Math.min(1, Math.exp(-state.lnE));
  const observedShare = n > 0 ? state.candidate / n : null;
  const broken = p < level;
  const common = { broken, p, expectedShare: state.share, observedShare };
  if (observedShare === null) return { ...common, sentence: 'No units assigned by share to check the split on.' };
  const found = `${percent(observedShare)} of ${count(n)} units met the candidate; ${percent(state.share)} was asked`;
  if (!broken) return { ...common, sentence: `The split is as planned: ${found}.` };
  const next = 'no comparison is valid until the assignment is repaired';
  return { ...common, sentence: `The split is broken: ${found} (p ${p.toExponential(1)}); ${next}.` };
}
