/** Errors: one request in a hundred. */
import type { RatePayload } from '../../../../workflows/contract/windows.js';
import { cell, type Filling, type Stream, streamOf, type StreamSetting } from './stream.js';

export const ERROR_RATE = 0.01;

/** `control` and `treated` are the payloads of the last minute, for rules that look at rates. */
export interface RateStream extends Stream {
  control: RatePayload;
  treated: RatePayload;
}

export function rateStream(setting: StreamSetting): RateStream {
  const { random } = setting;
  const control: RatePayload = { kind: 'rate', units: 0, events: 0 };
  const treated: RatePayload = { kind: 'rate', units: 0, events: 0 };
  const filling: Filling = {
    cells: [cell('baseline', control), cell('candidate', treated)],
    fill(arm, units, intensity) {
      const payload = arm === 'baseline' ? control : treated;
      payload.units = units;
      payload.events = random.binomial(units, Math.min(1, ERROR_RATE * intensity));
    },
  };
  return { ...streamOf(setting, filling), control, treated };
}
