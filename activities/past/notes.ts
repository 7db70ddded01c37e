/** What admission says of the past: which metrics it calibrates, and why others not. Pure. */
import { calibrate, freeze, noCalibration } from '../../judge/calibration.js';
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Window } from '../../workflows/contract/windows.js';

export interface MetricPast {
  name: string;
  metric: MetricSpec;
  windows: readonly Window[];
  /** Why there may be no more; null: nothing stood in the way. */
  trouble: string | null;
}

/** One sentence for all metrics of which the same is to be said. */
export function notesOnPast(pasts: readonly MetricPast[]): string[] {
  const alike = new Map<string, { names: string[]; saying: Saying }>();
  for (const past of pasts) {
    const saying = sayingOn(past);
    const known = alike.get(saying.join('\n')) ?? { names: [], saying };
    alike.set(saying.join('\n'), { names: [...known.names, past.name], saying });
  }
  return [...alike.values()].map(({ names, saying: [before, after] }) => `${before} ${names.join(', ')}${after}.`);
}

/** What stands before and after the names. */
type Saying = [before: string, after: string];

function sayingOn({ metric, windows, trouble }: MetricPast): Saying {
  const count = `${windows.length} ${windows.length === 1 ? 'window' : 'windows'}`;
  if (calibrates(metric, windows)) return [`Calibrated from ${count} of the past:`, ''];
  const why = trouble === null ? '' : `: ${trouble}`;
  if (windows.length > 0) return [`The past is too short to calibrate from, ${count} of`, why];
  return ['No past could be read of', why === '' ? ': the baseline counted nothing by share' : why];
}

/** The judge's own answer. */
function calibrates(metric: MetricSpec, windows: readonly Window[]): boolean {
  const calibration = noCalibration();
  for (const { observation } of windows)
    if (observation.kind === 'value') calibrate(calibration, metric, observation.cells);
  freeze(calibration, metric);
  const { factor, quantileMs, reference } = calibration.frozen;
  return factor !== null || quantileMs !== null || reference !== null;
}
