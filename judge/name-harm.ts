/**
 * Once harm is proven somewhere, where else is it? Holm's procedure on anytime p hands the level of what has failed on to
 * the rest; e-BH names the bad slices with at most a `falseAlarms.rollback` share of false names among them. Neither can
 * begin a rollback: the first failure is within its own fixed part of the budget. Pure, sandbox-safe.
 */
import { askedOf } from './asked.js';
import { anytimeP } from './decision/anytime-p.js';
import { eBH, eFromP } from './decision/e-bh.js';
import { holm } from './decision/holm.js';
import type { Asked } from './kind.js';
import { harmOf } from './standing.js';
import type { Process, State } from './state.js';
import type { Setting } from './take-window.js';

export interface Named {
  failed: ReadonlySet<Process>;
  slices: ReadonlySet<Process>;
}

export function nameHarm(setting: Setting, state: State): Named {
  const { rollback: level } = setting.plan.falseAlarms;
  const claims = state.processes.flatMap((process) => {
    const asked = askedOf(setting, state, process, true);
    if (!asked?.rule.rollback) return [];
    const weight = (asked.levels.rollback + asked.levels.fast) / level;
    return [{ process, weight, p: pOf(asked) }];
  });
  const proven = holm(
    claims.map(({ p }) => p),
    claims.map(({ weight }) => weight),
    level,
  );
  const slices = claims.filter(({ process }) => process.slice !== null);
  const named = eBH(
    slices.map(({ p }) => eFromP(p)),
    level,
  );
  return {
    failed: new Set(claims.filter((_, i) => proven[i]).map(({ process }) => process)),
    slices: new Set(named.flatMap((i) => slices[i]?.process ?? [])),
  };
}

/** The least level, over all its lanes, at which the gate would have failed by now. */
function pOf(asked: Asked): number {
  const { rollback, fast, promote } = asked.levels;
  const all = rollback + fast;
  return anytimeP((level) => {
    const levels = { rollback: (level * rollback) / all, fast: (level * fast) / all, promote };
    return harmOf({ ...asked, levels }) !== null;
  });
}
