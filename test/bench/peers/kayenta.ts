/**
 * Spinnaker's canary stage with Kayenta's NetflixACAJudge (statistics.md section 1, progressive-delivery.md section 1;
 * kayenta a69573b), on one value a minute and metric.
 *
 * Facts: two-sided Mann-Whitney interval at 98 % of the Hodges-Lehmann shift h; High when its lower end exceeds 0.25 |h|
 * and the ratio of means is at least `allowedIncrease` (not asked where a mean is 0); direction "increase" ignores Low. NaN
 * values are removed. Equal samples, or one value throughout, pass. Without values: Nodata, or NodataFail where data
 * are required. A group scores 100 x Pass / (Pass + High + Low + NodataFail), a group without data 100; the summary weighs
 * groups, those without a weight sharing what is left of 100; any critical metric that does not pass, or half of all
 * metrics without data, gives 0. The stage looks back over all values since its beginning every `interval`, stops below
 * `marginal` at any run, and passes when the last run reaches `pass`; otherwise it fails.
 * Defaults kept: confidence, tolerance, allowedIncrease 1, marginal 75, pass 95, outliers kept, an hourly interval.
 * Chosen: a lifetime of one day (the documentation advises three hours and at least 50 values).
 * Simplified: where each sample is constant but the two differ, Kayenta adds noise of 1e-5 of the level to break the ties;
 * here the difference decides as it would. Roots are found by bisection to Kayenta's tolerance of 1e-4, so values are in per cent.
 */
import { shiftOf, shiftZ } from './mann-whitney.js';
import { type Minute, type Peer, rateOf, type Watch } from './peer.js';

/** Upper 1 % quantile of the normal distribution. */
export const QUANTILE_98 = 2.326_347_874_040_841;
const TOLERANCE = 0.25;
const NO_DATA_PERCENT = 50;

export type Label = 'Pass' | 'High' | 'Nodata' | 'NodataFail';

export interface MetricResult {
  label: Label;
  groups: readonly string[];
  critical: boolean;
}

export interface Sample {
  control: readonly number[];
  experiment: readonly number[];
}

/** Direction "increase". Samples sorted, without NaN. */
export function classify({ control, experiment }: Sample, allowedIncrease = 1, mustHaveData = false): Label {
  if (control.length === 0 || experiment.length === 0) return mustHaveData ? 'NodataFail' : 'Nodata';
  if (isOneValue(control) && isOneValue(experiment)) {
    const [a, b] = [control[0] ?? 0, experiment[0] ?? 0];
    return b > a && isLarge(control, experiment, allowedIncrease) ? 'High' : 'Pass';
  }
  // An interval that holds 0 cannot lie above any tolerance: most looks end here.
  if (!(shiftZ(experiment, control, 0) > QUANTILE_98)) return 'Pass';
  const { lower, estimate } = shiftOf(experiment, control, QUANTILE_98);
  const isHigh = lower > TOLERANCE * Math.abs(estimate) && isLarge(control, experiment, allowedIncrease);
  return isHigh ? 'High' : 'Pass';
}

const isOneValue = (sorted: readonly number[]): boolean => sorted[0] === sorted.at(-1);

function isLarge(control: readonly number[], experiment: readonly number[], allowedIncrease: number): boolean {
  const [a, b] = [meanOf(control), meanOf(experiment)];
  return a === 0 || b === 0 || b / a >= allowedIncrease;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** 0 to 100. */
export function score(results: readonly MetricResult[], weights: Readonly<Record<string, number>> = {}): number {
  if (results.some(({ critical, label }) => critical && label !== 'Pass')) return 0;
  const without = results.filter(({ label }) => label === 'Nodata').length;
  if ((without / results.length) * 100 >= NO_DATA_PERCENT) return 0;
  const groups = [...new Set(results.flatMap((result) => result.groups))];
  const unlisted = groups.filter((group) => weights[group] === undefined);
  const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const shared = unlisted.length > 0 ? (100 - given) / unlisted.length : 0;
  let summary = 0;
  for (const group of groups) summary += (groupScore(results, group) * (weights[group] ?? shared)) / 100;
  return Math.round(summary * 100) / 100;
}

function groupScore(results: readonly MetricResult[], group: string): number {
  const labels = results.filter(({ groups }) => groups.includes(group)).map(({ label }) => label);
  const counted = labels.filter((label) => label !== 'Nodata');
  return counted.length === 0 ? 100 : (counted.filter((label) => label === 'Pass').length / counted.length) * 100;
}

export interface KayentaOptions {
  intervalMinutes?: number;
  lifetimeMinutes?: number;
  marginal?: number;
  pass?: number;
  allowedIncrease?: number;
  mustHaveData?: boolean;
  critical?: boolean;
}

export function kayenta(name: string, options: KayentaOptions = {}): Peer {
  return { name, begin: () => canaryStage(options) };
}

function canaryStage(options: KayentaOptions): Watch {
  const { intervalMinutes = 60, lifetimeMinutes = 1_440, marginal = 75, pass = 95 } = options;
  const control: number[] = [];
  const experiment: number[] = [];
  let minute = 0;
  return {
    look(a, b) {
      minute += 1;
      take(control, a);
      take(experiment, b);
      const last = minute >= lifetimeMinutes;
      if (minute % intervalMinutes !== 0 && !last) return null;
      const sorted = { control: ascending(control), experiment: ascending(experiment) };
      const label = classify(sorted, options.allowedIncrease, options.mustHaveData);
      const summary = score([{ label, groups: ['errors'], critical: options.critical ?? false }]);
      if (summary < marginal) return 'fail';
      if (!last) return null;
      return summary >= pass ? 'pass' : 'fail';
    },
  };
}

/** In per cent. */
function take(values: number[], minute: Minute): void {
  const value = minute === null ? Number.NaN : 100 * rateOf(minute);
  if (!Number.isNaN(value)) values.push(value);
}

function ascending(values: readonly number[]): number[] {
  return [...Float64Array.from(values).sort()];
}
