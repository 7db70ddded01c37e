/**
 * Split check: are the arms as large as the share in force says, on the whole and in every slice? Dirichlet-multinomial
 * anytime-valid p on units first seen (statistics.md 2.2, 12.8). A broken split says the comparison is void, not that the
 * candidate is bad. Pure, sandbox-safe.
 */
import type { Plan } from '../workflows/contract/plan.js';
import type { SplitVerdict } from '../workflows/contract/verdicts.js';
import type { Cell, Payload } from '../workflows/contract/windows.js';
import { unitWorth } from './means/offset.js';
import { lnBeta } from './numerics/gamma.js';
import { unitsOf } from './payload.js';
import { OTHER } from './selection.js';
import { count, percent } from './words.js';

/** Counts of the whole (null) or one slice; `lnE` is the largest ln e-value so far. */
type Part = [slice: string | null, baseline: number, candidate: number, lnE: number];

/** Begins anew with each share in force; within one, a broken split stays broken. */
export interface SplitState {
  share: number;
  whole: Part;
  slices: Part[];
}

/** Weight of the planned share in the mixture: about the number of units after which a deviation of 3 % would show. */
const CONCENTRATION = 1_000;
/** The first so many slices are looked at by name, all others together. */
const MOST_NAMED = 20;
/** Half the level is the whole's, half that of so many slices at most. */
const MOST_SLICES = MOST_NAMED + 1;

const nobody = (slice: string | null): Part => [slice, 0, 0, 0];
export const noSplit = (): SplitState => ({ share: 0, whole: nobody(null), slices: [] });

/** The one metric whose units are counted: the first rate by name, else the first of all. */
export function splitMetric(plan: Plan): string | null {
  const names = Object.keys(plan.metrics).sort();
  const inUnits = names.filter((name) => plan.metrics[name]?.kind !== 'count');
  return inUnits.find((name) => plan.metrics[name]?.kind === 'rate') ?? inUnits[0] ?? names[0] ?? null;
}

/** `users`: how many distinct ones there are, where units are requests of users; null where units are independent. */
export function addToSplit(state: SplitState, share: number, cells: readonly Cell[], users: number | null): void {
  if (!(share > 0 && share < 1)) return;
  if (state.share !== share) begin(state, share);
  let once = users === null;
  for (const { arm, via, slice, payload } of cells) {
    if (via !== 'share') continue;
    if (payload.firstSeen !== undefined) once = true;
    const part = slice === null ? state.whole : sliceOf(state, slice);
    part[arm === 'baseline' ? 1 : 2] += payload.firstSeen ?? met(payload);
  }
  const all = state.whole[1] + state.whole[2];
  look(state.whole, share, once ? null : users);
  for (const slice of state.slices)
    look(slice, share, once || users === null ? null : usersIn(users, slice[1] + slice[2], all));
}

function begin(state: SplitState, share: number): void {
  state.share = share;
  state.whole = nobody(null);
  state.slices = [];
}

/** Units that met the arm: those whose outcome is still to come have met it too. Hours and tokens are no units. */
function met(payload: Payload): number {
  return payload.kind === 'count' ? 0 : unitsOf(payload) + (payload.unlabelled ?? 0);
}

/** In either arm: a slice that the candidate has for itself is split as badly as can be. */
function sliceOf({ slices }: SplitState, name: string): Part {
  for (const part of slices) if (part[0] === name) return part;
  const fresh = nobody(slices.length < MOST_NAMED ? name : OTHER);
  const part = slices[MOST_NAMED] ?? fresh;
  if (part === fresh) slices.push(fresh);
  return part;
}

function usersIn(users: number, units: number, all: number): number {
  return Math.max(1, users * (all > 0 ? Math.min(1, units / all) : 1));
}

function look(part: Part, share: number, users: number | null): void {
  const lnE = users === null ? lnEvidence(share, part) : lnEvidenceOfRequests(share, part, users);
  if (lnE > part[3]) part[3] = lnE;
}

function lnEvidence(share: number, [, baseline, candidate]: Part): number {
  const [k, rest] = [CONCENTRATION * share, CONCENTRATION * (1 - share)];
  const mixture = lnBeta(k + candidate, rest + baseline) - lnBeta(k, rest);
  return mixture - candidate * Math.log(share) - baseline * Math.log1p(-share);
}

/** Normal mixture with the variance that sticky users cause: s(1-s)[1/n + (1+CV^2)/U]. */
function lnEvidenceOfRequests(share: number, [, baseline, candidate]: Part, users: number): number {
  const n = baseline + candidate;
  if (n <= 0) return 0;
  const spread = share * (1 - share);
  const variance = spread / (n * unitWorth(n, users));
  const prior = spread / CONCENTRATION;
  const off = candidate / n - share;
  return 0.5 * Math.log(variance / (variance + prior)) + (prior * off * off) / (2 * variance * (variance + prior));
}

export function isSplitBroken({ whole, slices }: SplitState, level: number): boolean {
  if (breaks(whole, level / 2)) return true;
  for (const slice of slices) if (breaks(slice, level / (2 * MOST_SLICES))) return true;
  return false;
}

const breaks = ([, , , lnE]: Part, level: number): boolean => level > 0 && lnE > -Math.log(level);

export function splitVerdict(state: SplitState, level: number): SplitVerdict {
  const { whole, share } = state;
  const broken = isSplitBroken(state, level);
  const slice = !broken || breaks(whole, level / 2) ? null : state.slices.reduce((a, b) => (b[3] > a[3] ? b : a));
  const [, baseline, candidate, lnE] = slice ?? whole;
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
