/**
 * How much may be simulated: looks are counted, not seconds, so that a forecast is the same on every machine.
 * Pure, sandbox-safe.
 */

/** Runs of one question: fewer tell little of the four fifths, more tell no more than the assumptions are worth. */
const FEWEST_RUNS = 20;
const MOST_RUNS = 120;

export interface Work {
  /** Runs of a question of which one run costs so much, within the share of one of the questions. */
  runs(cost: number): number;
  spend(cost: number): void;
  /** There is still so much to spend; else nothing of that size may be begun. */
  affords(cost: number): boolean;
}

/** `looks` for `questions` of the same weight; never much more than five times the looks in all. */
export function workOf(looks: number, questions: number): Work {
  const share = looks / Math.max(1, questions);
  let left = 5 * looks;
  return {
    runs: (cost) => Math.min(MOST_RUNS, Math.max(FEWEST_RUNS, Math.floor(share / Math.max(1, cost)))),
    spend: (cost) => {
      left -= cost;
    },
    affords: (cost) => cost <= left,
  };
}
