/** Errors in twenty slices of unequal size and in the whole; the last slice holds 3 % of the traffic and alone is worse. */
import type { RatePayload } from '../../../../workflows/contract/windows.js';
import { Categories } from '../random.js';
import { ERROR_RATE, type RateStream } from './rate.js';
import { cell, type Filling, streamOf, type StreamSetting } from './stream.js';

export const SLICES = 20;
const BAD_PART = 0.03;
export const SLICED_BY = 'locale';

const nameOf = (slice: number): string => `${SLICED_BY}=l${String(slice).padStart(2, '0')}`;
export const BAD_SLICE = nameOf(SLICES - 1);

/** The nineteen healthy ones fall off as the square root of their rank. */
const PARTS = withBad(Array.from({ length: SLICES - 1 }, (_, i) => 1 / Math.sqrt(i + 1)));

function withBad(weights: number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return [...weights.map((weight) => ((1 - BAD_PART) * weight) / total), BAD_PART];
}

/** `setting.ratio` is that of the bad slice; `control` and `treated` are its own payloads. */
export function slicedStream(setting: StreamSetting): RateStream {
  const { random, ratio } = setting;
  const spread = new Categories(PARTS);
  const units = PARTS.map(() => 0);
  const empty = (): RatePayload => ({ kind: 'rate', units: 0, events: 0 });
  const payloads = (): RatePayload[] => [...PARTS, 1].map(empty);
  const control = payloads();
  const treated = payloads();
  const cellsOf = (arm: 'baseline' | 'candidate', all: RatePayload[]) =>
    all.map((payload, slice) => cell(arm, payload, slice < SLICES ? nameOf(slice) : null));
  const filling: Filling = {
    cells: [...cellsOf('baseline', control), ...cellsOf('candidate', treated)],
    fill(arm, n, intensity) {
      const arms = arm === 'baseline' ? control : treated;
      units.fill(0);
      spread.spread(random, n, units);
      let events = 0;
      for (let slice = 0; slice < SLICES; slice += 1) {
        const payload = arms[slice];
        if (!payload) continue;
        const own = arm === 'candidate' && slice === SLICES - 1 ? ratio : 1;
        payload.units = units[slice] ?? 0;
        payload.events = random.binomial(payload.units, Math.min(1, ERROR_RATE * intensity * own));
        events += payload.events;
      }
      const whole = arms[SLICES];
      if (!whole) return;
      whole.units = n;
      whole.events = events;
    },
  };
  const bad = (all: RatePayload[]): RatePayload => all[SLICES - 1] ?? empty();
  return { ...streamOf({ ...setting, ratio: 1 }, filling), control: bad(control), treated: bad(treated) };
}
