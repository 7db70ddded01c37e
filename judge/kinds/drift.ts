/**
 * Drift: is a feature distributed as it was before the stage (reference), and as in the baseline beside it (control)?
 * It holds when the difference is proven (two-sample universal inference, at every look) and material (Jensen-Shannon
 * distance above the limit), never rolls back: only an outcome does that. Bins are those of the histogram and do not
 * move with the data. Pure, sandbox-safe.
 */
import type { Asked, Counted, Finding, Findings, Kind, Numbers, Side, Unworded } from '../kind.js';
import { single } from '../means/kind.js';
import { type Histogram, addHistogram, noHistogram } from '../means/histogram.js';
import { jensenShannon, lnTwoSampleEvidence } from '../procedures/two-sample.js';
import { selects } from '../selection.js';
import { count, figure } from '../words.js';

/** Units of each arm before a distribution is compared. */
const LEAST_UNITS = 100;

export interface DriftBody {
  /** Of the stage. */
  candidate: Histogram;
  control: Histogram;
  windows: number;
}

export const drift: Kind<DriftBody> = {
  acrossSlices: false,
  ask: (_metric, word, { kind, value }) => (kind === 'abs' && word === 'provenBelow' ? single(word, value) : null),
  begin: () => ({ candidate: noHistogram(), control: noHistogram(), windows: 0 }),
  restart: (body) => {
    body.candidate = noHistogram();
    body.control = noHistogram();
    body.windows = 0;
  },
  add: (body, _rule, { window, cells, slice, named }) => {
    if (window.phase !== 'bake') return;
    body.windows += 1;
    for (const cell of cells) {
      if (!selects({ slice, named, everyone: false }, cell)) continue;
      addHistogram(cell.arm === 'candidate' ? body.candidate : body.control, cell.payload);
    }
  },
  harm: () => null,
  find,
  counted: (body): Counted => {
    const units = { baseline: body.control.n, candidate: body.candidate.n };
    return { units, events: { baseline: 0, candidate: 0 }, windows: body.windows };
  },
  reasons: (asked, { promote }) => {
    const reasons = comparisons(asked).some(({ proven, distance }) => proven && distance > limitOf(asked))
      ? ['drift']
      : [];
    if (missingReference(asked)) reasons.push('noReference');
    if (promote?.estimate === null) reasons.push('insufficientData');
    return reasons;
  },
  numbers: (asked, { promote }: Findings): Numbers => ({
    estimate: promote?.estimate ?? null,
    lower: null,
    upper: null,
    rollbackLimit: null,
    promoteLimit: limitOf(asked),
  }),
  clause: (asked, found) => clause(asked, found),
  outlook: (_asked, found) =>
    found.reasons.includes('noReference')
      ? 'It needs 1,000 baseline units from before this stage to compare with'
      : found.reasons.includes('drift')
        ? 'It holds: look at what feeds the feature, then resume; drift alone never rolls back'
        : null,
};

const limitOf = ({ rule }: Pick<Asked<DriftBody>, 'rule'>): number => rule.promote?.limit ?? 0;

function missingReference({ rule: { spec }, metric }: Asked<DriftBody>): boolean {
  return spec.kind === 'drift' && spec.against.includes('reference') && metric.calibration.frozen.reference === null;
}

interface Comparison {
  against: 'reference' | 'control';
  distance: number;
  /** At every look at once, half the level to each comparison. */
  proven: boolean;
}

function comparisons({ body, rule, metric, levels }: Asked<DriftBody>): Comparison[] {
  const { spec } = rule;
  if (spec.kind !== 'drift') return [];
  const { reference } = metric.calibration.frozen;
  return spec.against.flatMap((against) => {
    const other = against === 'control' ? body.control : reference;
    if (!other || other.n < LEAST_UNITS || body.candidate.n < LEAST_UNITS || !sameBins(body.candidate, other))
      return [];
    const [own, theirs] = [binsOf(body.candidate), binsOf(other)];
    const lnE = lnTwoSampleEvidence(own, theirs);
    const distance = jensenShannon(own, theirs) ?? 0;
    return [{ against, distance, proven: lnE >= -Math.log(levels.promote / 2) }];
  });
}

function sameBins(a: Histogram, b: Histogram): boolean {
  return a.edges.length === b.edges.length && a.edges.every((edge, i) => edge === b.edges[i]);
}

/** Counts of bins, the last one beyond the last edge. */
function binsOf({ below, n }: Histogram): number[] {
  return [...below, n].map((upTo, i) => upTo - (below[i - 1] ?? 0));
}

function find(asked: Asked<DriftBody>, side: Side): Finding | null {
  const ask = asked.rule[side];
  if (!ask || side === 'rollback') return null;
  const { levels, rule } = asked;
  const made = comparisons(asked);
  const dispersion = { factor: 1, assumed: false };
  const common = { lane: 'drift', level: levels.promote, eValue: null, lower: null, upper: null, dispersion } as const;
  const wanted = rule.spec.kind === 'drift' ? rule.spec.against.length : 0;
  if (made.length < wanted || made.length === 0) return { ...common, estimate: null, proven: false };
  const estimate = Math.max(...made.map(({ distance }) => distance));
  // Below the material distance, or above it by no more than chance explains.
  return { ...common, estimate, proven: made.every(({ distance, proven }) => distance <= ask.limit || !proven) };
}

function clause(asked: Asked<DriftBody>, found: Unworded): string {
  const { rule, slice, body } = asked;
  const about = slice === null ? rule.metric : `${rule.metric} on ${slice}`;
  const made = comparisons(asked);
  if (made.length === 0) return `${about}: nothing to compare yet`;
  const told = made.map(
    ({ against, distance, proven }) =>
      `${figure(distance)} from the ${against}${proven ? '' : ' (no more than chance explains)'}`,
  );
  return `${about} is at a distance of ${told.join(' and ')}; the limit is ${figure(found.promoteLimit)} on ${count(body.candidate.n)} units`;
}
