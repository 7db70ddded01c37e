/**
 * Once harm is proven somewhere, where else is it? Holm's procedure on anytime p hands the level of what has failed on to
 * the rest. Of the slices, those are named that it finds failed and those that e-BH finds, with at most a
 * `falseAlarms.rollback` share of false names among them. Neither can begin a rollback: the first failure is within its
 * own fixed part of the budget. Pure, sandbox-safe.
 */
import { askedOf } from './asked.js';
import { anytimeP } from './decision/anytime-p.js';
import { eBH, eFromP } from './decision/e-bh.js';
import { holm } from './decision/holm.js';
import type { Asked } from './kind.js';
import { harmOf } from './standing.js';
import type { Process, State } from './state.js';
import type { Setting } from './take-window.js';

/** Of ln p; rounded up, and a hundredth more changes no name worth having. */
const NEAR_ENOUGH = 0.01;

export interface Named {
  failed: ReadonlySet<Process>;
  slices: ReadonlySet<Process>;
}

export function nameHarm(setting: Setting, state: State): Named {
  const { rollback: level } = setting.plan.falseAlarms;
  const claims = state.processes.flatMap((process) => {
    const asked = askedOf(setting, state, process, true);
    if (!asked?.rule.rollback) return [];
    const own = asked.levels.rollback + asked.levels.fast;
    // What has failed stays proven, at the level it was proven at, whatever came since.
    const p = process.failed === null ? pOf(asked, level) : Math.min(own, pOf(asked, level));
    return [{ process, weight: own / level, p }];
  });
  const proven = holm(
    claims.map(({ p }) => p),
    claims.map(({ weight }) => weight),
    level,
  );
  const failed = new Set(claims.filter((_, i) => proven[i]).map(({ process }) => process));
  const slices = claims.filter(({ process }) => process.slice !== null);
  const named = eBH(
    slices.map(({ p }) => eFromP(p)),
    level,
  );
  const bad = slices.filter(({ process }, i) => failed.has(process) || named.includes(i));
  return { failed, slices: new Set(bad.map(({ process }) => process)) };
}

/** The least level, over all its lanes, at which the gate would have failed by now; 1 above the level of them all. */
function pOf(asked: Asked, most: number): number {
  const { rollback, fast, promote } = asked.levels;
  const all = rollback + fast;
  const proven = (level: number) => {
    const levels = { rollback: (level * rollback) / all, fast: (level * fast) / all, promote };
    return harmOf({ ...asked, levels }) !== null;
  };
  return proven(most) ? anytimeP(proven, NEAR_ENOUGH) : 1;
}
