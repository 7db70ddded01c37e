/** Events per exposure (contacts per hundred interactions), which may come several to one. */
import type { CountPayload } from '../../../../workflows/contract/windows.js';
import { cell, type Filling, type Stream, streamOf, type StreamSetting } from './stream.js';

const EVENTS_PER_EXPOSURE = 0.01;

export function countStream(setting: StreamSetting): Stream {
  const { random } = setting;
  const control: CountPayload = { kind: 'count', events: 0, exposure: 0 };
  const treated: CountPayload = { kind: 'count', events: 0, exposure: 0 };
  const filling: Filling = {
    cells: [cell('baseline', control), cell('candidate', treated)],
    fill(arm, units, intensity) {
      const payload = arm === 'baseline' ? control : treated;
      payload.exposure = units;
      payload.events = random.poisson(units * EVENTS_PER_EXPOSURE * intensity);
    },
  };
  return streamOf(setting, filling);
}
