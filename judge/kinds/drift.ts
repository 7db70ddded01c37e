/**
 * Drift: is a feature distributed as it was before the stage (`reference`), and as in the baseline beside it (`control`)?
 * The first tells of a world that changed, the second of a model. It passes once every distance is provably below the
 * limit; a change that is proven and further than the limit is `drift`, which holds and never rolls back: only an outcome
 * does that. Pure, sandbox-safe.
 */
import type { Asked, Counted, Finding, Kind, Numbers, Side, Unworded } from '../kind.js';
import { ASSUMED_FACTOR, type Dispersion } from '../means/dispersion.js';
import type { Histogram } from '../means/histogram.js';
import { single } from '../means/kind.js';
import { scatterFactor, total } from '../procedures/scatter.js';
import { type Distance, distanceOf, lnChanged } from '../procedures/distance.js';
import { figure } from '../words.js';
import {
  type DriftBody,
  type Yardstick,
  addWindow,
  newBody,
  restartBody,
  sumInto,
  yardsticksOf,
} from './drift-body.js';

/** Units of each side before distributions are compared. */
const LEAST_UNITS = 100;
/** Windows before anything is known of how they scatter. */
const LEAST_WINDOWS = 2;

export const drift: Kind<DriftBody> = {
  acrossSlices: false,
  ask: (_metric, word, { kind, value }) => (kind === 'abs' && word === 'provenBelow' ? single(word, value) : null),
  begin: newBody,
  restart: restartBody,
  add: addWindow,
  harm: () => null,
  find,
  counted: ({ control, beside, alone, windows }): Counted => ({
    units: { baseline: total(control), candidate: total(beside) + total(alone) },
    events: { baseline: 0, candidate: 0 },
    windows,
  }),
  reasons: (asked, { promote }) => {
    const reasons: string[] = [];
    if (isDrift(asked, promote?.estimate ?? null)) reasons.push('drift');
    if (lacksReference(asked)) reasons.push('noReference');
    if (asked.body.otherBins) reasons.push('otherBins');
    if (isCarried(asked)) reasons.push('carried');
    return reasons;
  },
  numbers: ({ rule }, { promote }): Numbers => ({
    estimate: promote?.estimate ?? null,
    lower: promote?.lower ?? null,
    upper: promote?.upper ?? null,
    rollbackLimit: null,
    promoteLimit: rule.promote?.limit ?? 0,
  }),
  clause,
  outlook,
};

type About = Asked<DriftBody>;

interface Comparison extends Distance {
  against: Yardstick;
  own: readonly number[];
  other: readonly number[];
}

function lacksReference({ rule, slice, metric }: About): boolean {
  return yardsticksOf(rule, slice).includes('reference') && metric.calibration.frozen.reference === null;
}

/** Where no control is left, the comparison stands on the last share that had one. */
function isCarried({ rule, slice, step, body }: About): boolean {
  return !step.randomised && yardsticksOf(rule, slice).includes('control') && body.control.length > 0;
}

function comparisonsOf(asked: About): Comparison[] {
  const { rule, slice, levels } = asked;
  const yardsticks = yardsticksOf(rule, slice);
  const { factor } = dispersionOf(asked);
  const question = {
    limit: rule.promote?.limit ?? 0,
    factor,
    lowerLevel: levels.promote / yardsticks.length,
    // All are to be below the limit, so each may have the whole level.
    upperLevel: levels.promote,
  };
  const made: Comparison[] = [];
  if (asked.body.windows < LEAST_WINDOWS) return made;
  for (const against of yardsticks) {
    const other = otherOf(asked, against);
    const own = against === 'control' ? asked.body.beside : candidateOf(asked.body);
    if (total(own) < LEAST_UNITS || total(other) < LEAST_UNITS) continue;
    const distance = distanceOf(own, other, question);
    if (distance)
      made.push({ against, own, other, value: distance.value, lower: distance.lower, upper: distance.upper });
  }
  return made;
}

function candidateOf({ beside, alone }: DriftBody): readonly number[] {
  if (alone.length === 0 || beside.length === 0) return alone.length === 0 ? beside : alone;
  const all = [...alone];
  sumInto(all, beside);
  return all;
}

function otherOf({ body, metric }: About, against: Yardstick): readonly number[] {
  if (against === 'control') return body.control;
  const { reference } = metric.calibration.frozen;
  return reference ? inBins(reference, body.edges) : [];
}

function inBins({ edges, below, n }: Histogram, kept: readonly number[]): number[] {
  let before = 0;
  const counts = kept.map((edge) => {
    const upTo = below[edges.indexOf(edge)] ?? before;
    const own = upTo - before;
    before = upTo;
    return own;
  });
  counts.push(n - before);
  return counts;
}

/** Sticky users come again: so many units of an arm are worth no more than half the users it has. */
function dispersionOf({ body, users }: About): Dispersion {
  const assumed = body.windows < LEAST_WINDOWS;
  const { baseline, candidate } = body.scatter;
  const scatter = Math.max(scatterFactor(baseline), scatterFactor(candidate));
  return { factor: (assumed ? ASSUMED_FACTOR : scatter) + stickiness(body, users), assumed };
}

function stickiness({ beside, alone, control, share }: DriftBody, users: number | null): number {
  if (users === null) return 0;
  const candidate = (total(beside) + total(alone)) / (share > 0 ? share : 1);
  const baseline = share < 1 ? total(control) / (1 - share) : 0;
  return (2 * Math.max(candidate, baseline)) / users;
}

function find(asked: About, side: Side): Finding | null {
  const ask = asked.rule[side];
  if (!ask || side === 'rollback') return null;
  const made = comparisonsOf(asked);
  const all = made.length > 0 && made.length === yardsticksOf(asked.rule, asked.slice).length;
  const largest = (of: 'value' | 'lower' | 'upper') => (all ? Math.max(...made.map((one) => one[of])) : null);
  const upper = largest('upper');
  return {
    lane: 'drift',
    level: asked.levels.promote,
    eValue: null,
    dispersion: dispersionOf(asked),
    estimate: largest('value'),
    lower: largest('lower'),
    upper,
    proven: upper !== null && upper < ask.limit,
  };
}

function isDrift(asked: About, estimate: number | null): boolean {
  const limit = asked.rule.promote?.limit ?? 0;
  // The usual look ends here; where a comparison is missing, the others may still tell.
  if (estimate !== null && estimate <= limit) return false;
  return comparisonsOf(asked).some((one) => one.value > limit && isChanged(asked, one));
}

function isChanged(asked: About, { own, other }: Comparison): boolean {
  const level = asked.levels.promote / yardsticksOf(asked.rule, asked.slice).length;
  return lnChanged(own, other, dispersionOf(asked).factor) >= -Math.log(level);
}

function clause(asked: About, found: Unworded): string {
  const { rule, slice } = asked;
  const about = slice === null ? rule.metric : `${rule.metric} on ${slice}`;
  const told = comparisonsOf(asked).map((one) => {
    const chance = isChanged(asked, one) ? '' : ' (no more than chance explains)';
    return `${figure(one.value)} from the ${one.against}${chance}, at most ${figure(one.upper)}`;
  });
  if (told.length === 0) return `${about}: nothing to compare yet`;
  return `${about} is at a distance of ${told.join(' and ')}; the limit is ${figure(found.promoteLimit)}`;
}

function outlook(asked: About, { reasons, promoteLimit }: Unworded): string | null {
  if (reasons.includes('noReference')) return 'It needs 1,000 baseline units from before this stage to compare with';
  if (reasons.includes('otherBins'))
    return 'Its newest window lacks the bins it is compared in; let both arms report the same bins as before the stage';
  if (!reasons.includes('drift')) return null;
  const made = comparisonsOf(asked);
  const besides = made.find(({ against }) => against === 'control');
  if (!besides) return 'It holds: the feature is not what it was before the stage';
  return besides.value > promoteLimit && isChanged(asked, besides)
    ? 'It holds: the candidate meets, or makes, other values than the baseline beside it'
    : 'It holds: the world has changed since before the stage, for the baseline beside it as well';
}
