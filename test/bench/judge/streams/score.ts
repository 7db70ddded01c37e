/**
 * Graded answers, 0 to 1 in quarters: four in five are faultless, a fifth falls short by a half on average. The
 * intensity multiplies the share that falls short.
 */
import type { ScorePayload } from '../../../../workflows/contract/windows.js';
import { Categories } from '../random.js';
import { cell, type Filling, type Stream, streamOf, type StreamSetting } from './stream.js';

const FLAWED = 0.2;
/** Scores of a flawed answer, and how often each. */
const GRADES = [0, 0.25, 0.5, 0.75];
const CHANCES = [0.1, 0.2, 0.3, 0.4];
/** With more, a burst could leave nothing faultless. */
const MOST_FLAWED = 0.95;

/** By how much the mean falls per ratio point: the baseline's mean is one minus this. */
export const SHORTFALL = FLAWED * GRADES.reduce((sum, grade, i) => sum + (1 - grade) * (CHANCES[i] ?? 0), 0);

export function scoreStream(setting: StreamSetting): Stream {
  const { random } = setting;
  const grades = new Categories(CHANCES);
  const counts = GRADES.map(() => 0);
  const control: ScorePayload = { kind: 'score', n: 0, sum: 0, sumSq: 0 };
  const treated: ScorePayload = { kind: 'score', n: 0, sum: 0, sumSq: 0 };
  const filling: Filling = {
    cells: [cell('baseline', control), cell('candidate', treated)],
    fill(arm, units, intensity) {
      const payload = arm === 'baseline' ? control : treated;
      const flawed = random.binomial(units, Math.min(MOST_FLAWED, FLAWED * intensity));
      counts.fill(0);
      grades.spread(random, flawed, counts);
      payload.n = units;
      payload.sum = units - flawed;
      payload.sumSq = units - flawed;
      for (let i = 0; i < GRADES.length; i += 1) {
        const grade = GRADES[i] ?? 0;
        const count = counts[i] ?? 0;
        payload.sum += grade * count;
        payload.sumSq += grade * grade * count;
      }
    },
  };
  return streamOf(setting, filling);
}
