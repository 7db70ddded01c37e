/**
 * Split check: are the arms as large as the share in force says, on the whole and in every slice? Dirichlet-multinomial
 * anytime-valid p on units first seen (statistics.md 2.2, 12.8). A broken split says the comparison is void, not that the
 * candidate is bad. Pure, sandbox-safe.
 */
import type { Plan } from '../workflows/contract/plan.js';
import type { SplitVerdict } from '../workflows/contract/verdicts.js';
import type { Cell } from '../workflows/contract/windows.js';
import { lnBeta } from './numerics/gamma.js';
import { sharedUnits } from './selection.js';
import { count, percent } from './words.js';

/** Counts of the whole or one slice; `lnE` is the largest ln e-value so far. */
type Arms = [baseline: number, candidate: number, lnE: number];

/** Begins anew with each share in force; within one, a broken split stays broken. */
export interface SplitState {
  share: number;
  whole: Arms;
  slices: [name: string, ...arms: Arms][];
}

/** Weight of the planned share in the mixture: about the number of units after which a deviation of 3 % would show. */
const CONCENTRATION = 1_000;
/** Assumed scatter of requests per user (coefficient of variation), where users are not counted once. */
const ACTIVITY_CV = 1;
/** Half the level is the whole's, half that of so many slices at most. */
const MOST_SLICES = 16;

export const noSplit = (): SplitState => ({ share: 0, whole: [0, 0, 0], slices: [] });

/** The one metric whose units are counted: the first rate by name, else the first of all. */
export function splitMetric(plan: Plan): string | null {
  const names = Object.keys(plan.metrics).sort();
  const inUnits = names.filter((name) => plan.metrics[name]?.kind !== 'count');
  return inUnits.find((name) => plan.metrics[name]?.kind === 'rate') ?? inUnits[0] ?? names[0] ?? null;
}

/** `users`: how many distinct ones there are, where units are requests of users; null where units are independent. */
export function addToSplit(state: SplitState, share: number, cells: readonly Cell[], users: number | null): void {
  if (!(share > 0 && share < 1)) return;
  if (state.share !== share) Object.assign(state, { ...noSplit(), share });
  addTo(state.whole, share, cells, null, users);
  for (const { arm, via, slice } of cells) {
    if (arm !== 'baseline' || via !== 'share' || slice === null) continue;
    addSlice(state, share, cells, slice, users);
  }
}

function addSlice(state: SplitState, share: number, cells: readonly Cell[], slice: string, users: number | null): void {
  let known = state.slices.find(([name]) => name === slice);
  if (!known) {
    if (state.slices.length >= MOST_SLICES) return;
    known = [slice, 0, 0, 0];
    state.slices.push(known);
  }
  const arms: Arms = [known[1], known[2], known[3]];
  const all = state.whole[0] + state.whole[1];
  const part = all > 0 ? Math.min(1, (arms[0] + arms[1]) / all) : 1;
  addTo(arms, share, cells, slice, users === null ? null : Math.max(1, users * part));
  [, known[1], known[2], known[3]] = [slice, ...arms];
}

function addTo(arms: Arms, share: number, cells: readonly Cell[], slice: string | null, users: number | null): void {
  const baseline = sharedUnits(cells, 'baseline', slice);
  const candidate = sharedUnits(cells, 'candidate', slice);
  const once = (baseline.firstSeen ?? candidate.firstSeen) !== null;
  arms[0] += once ? (baseline.firstSeen ?? 0) : baseline.units;
  arms[1] += once ? (candidate.firstSeen ?? 0) : candidate.units;
  const lnE = once || users === null ? lnEvidence(share, arms) : lnEvidenceOfRequests(share, arms, users);
  if (lnE > arms[2]) arms[2] = lnE;
}

function lnEvidence(share: number, [baseline, candidate]: Arms): number {
  const [k, rest] = [CONCENTRATION * share, CONCENTRATION * (1 - share)];
  const mixture = lnBeta(k + candidate, rest + baseline) - lnBeta(k, rest);
  return mixture - candidate * Math.log(share) - baseline * Math.log1p(-share);
}

/** Normal mixture with the variance that sticky users cause: s(1-s)[1/n + (1+CV^2)/U]. */
function lnEvidenceOfRequests(share: number, [baseline, candidate]: Arms, users: number): number {
  const n = baseline + candidate;
  if (n <= 0) return 0;
  const spread = share * (1 - share);
  const variance = spread * (1 / n + (1 + ACTIVITY_CV ** 2) / users);
  const prior = spread / CONCENTRATION;
  const off = candidate / n - share;
  return 0.5 * Math.log(variance / (variance + prior)) + (prior * off * off) / (2 * variance * (variance + prior));
}

export function isSplitBroken({ whole, slices }: SplitState, level: number): boolean {
  return breaks(whole, level / 2) || slices.some(([, ...arms]) => breaks(arms, level / (2 * MOST_SLICES)));
}

const breaks = ([, , lnE]: Arms, level: number): boolean => level > 0 && lnE > -Math.log(level);

export function splitVerdict(state: SplitState, level: number): SplitVerdict {
  const { whole, share } = state;
  const broken = isSplitBroken(state, level);
  const slice = breaks(whole, level / 2)
    ? null
    : state.slices.find(([, ...arms]) => breaks(arms, level / (2 * MOST_SLICES)));
  const [baseline, candidate, lnE] = slice ? (slice.slice(1) as Arms) : whole;
  const n = baseline + candidate;
  const p = Math.min(1, (slice ? 2 * MOST_SLICES : 2) * Math.exp(-lnE));
  const observedShare = n > 0 ? candidate / n : null;
  const common = { broken, p, expectedShare: share, observedShare };
  if (observedShare === null) return { ...common, sentence: 'No units assigned by share to check the split on.' };
  const where = slice ? ` of slice ${slice[0]}` : '';
  const found = `${percent(observedShare)} of ${count(n)} units${where} met the candidate; ${percent(share)} was asked`;
  if (!broken) return { ...common, sentence: `The split is as planned: ${found}.` };
  const next = 'no comparison is valid until the assignment is repaired';
  return { ...common, sentence: `The split is broken: ${found} (p ${p.toExponential(1)}); ${next}.` };
}
