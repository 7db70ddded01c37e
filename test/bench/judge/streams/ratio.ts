/**
 * Cost per interaction, by user: in a minute each user has one to six interactions, and each of them costs 1, 6 or, for
 * one user in a hundred, 100. The intensity multiplies the costs.
 */
import type { RatioPayload } from '../../../../workflows/contract/windows.js';
import { Categories } from '../random.js';
import { cell, type Filling, type Stream, streamOf, type StreamSetting } from './stream.js';

const INTERACTIONS: readonly [interactions: number, chance: number][] = [
  [1, 0.5],
  [2, 0.35],
  [6, 0.15],
];
const COSTS: readonly [cost: number, chance: number][] = [
  [1, 0.75],
  [6, 0.24],
  [100, 0.01],
];
/** Every sort of user: cost and interactions of a minute, and how frequent. */
const SORTS = INTERACTIONS.flatMap(([z, often]) =>
  COSTS.map(([cost, chance]) => ({ y: z * cost, z, p: often * chance })),
);
const PER_USER = INTERACTIONS.reduce((sum, [z, chance]) => sum + z * chance, 0);

export function ratioStream(setting: StreamSetting): Stream {
  const { random } = setting;
  const sorts = new Categories(SORTS.map(({ p }) => p));
  const counts = SORTS.map(() => 0);
  const empty = (): RatioPayload => ({ kind: 'ratio', n: 0, sy: 0, sz: 0, syy: 0, szz: 0, syz: 0 });
  const control = empty();
  const treated = empty();
  const filling: Filling = {
    cells: [cell('baseline', control), cell('candidate', treated)],
    fill(arm, units, intensity) {
      counts.fill(0);
      sorts.spread(random, units, counts);
      total(arm === 'baseline' ? control : treated, units, counts, intensity);
    },
  };
  return streamOf({ ...setting, traffic: setting.traffic / PER_USER }, filling);
}

function total(payload: RatioPayload, n: number, counts: readonly number[], intensity: number): void {
  let sy = 0;
  let sz = 0;
  let syy = 0;
  let szz = 0;
  let syz = 0;
  for (let i = 0; i < SORTS.length; i += 1) {
    const sort = SORTS[i];
    const count = counts[i] ?? 0;
    if (!sort || count === 0) continue;
    const { y, z } = sort;
    sy += count * y;
    sz += count * z;
    syy += count * y * y;
    szz += count * z * z;
    syz += count * y * z;
  }
  payload.n = n;
  payload.sy = sy * intensity;
  payload.sz = sz;
  payload.syy = syy * intensity * intensity;
  payload.szz = szz;
  payload.syz = syz * intensity;
}
