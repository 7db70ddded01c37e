/** What other gates would have decided at each step of a past rollout, and so of the rollout as a whole. */
import { type Decision, decisionAt, type Look } from '../../judge/recorded/replay.js';
import type { Story } from '../render/judge-track.js';
import type { Stretch } from './session.js';

export interface StepOutcome {
  name: string;
  facts: Record<string, unknown>;
  /** Only a bake can pass a step; guards and the phase after promotion can only fail it. */
  canPass: boolean;
  beganMs: number;
  looks: number;
  decision: Decision | null;
  /** The look that decided, else the last one. */
  look: Look;
}

/** Gathers outcomes as looks come in. */
export function newOutcomes(): { outcomes: StepOutcome[]; add: (look: Look, stretch: Stretch) => void } {
  const outcomes: StepOutcome[] = [];
  let open: Stretch | null = null;
  const add = (look: Look, stretch: Stretch) => {
    const { name, facts } = stretch;
    if (stretch !== open) {
      open = stretch;
      const canPass = facts['mode'] === 'bake';
      outcomes.push({ name, facts, canPass, beganMs: look.startMs, looks: 0, decision: null, look });
    }
    const outcome = outcomes.at(-1);
    if (!outcome) return;
    outcome.looks += 1;
    if (outcome.decision !== null) return;
    outcome.look = look;
    outcome.decision = decisionAt(look);
  };
  return { outcomes, add };
}

/** Harm proven anywhere rolls back; a pass is one of every step. Null: some step would still be waiting. */
export function decisive(outcomes: readonly StepOutcome[]): StepOutcome | null {
  const failed = outcomes.find(({ decision }) => decision?.verdict === 'fail');
  if (failed) return failed;
  const bakes = outcomes.filter(({ canPass }) => canPass);
  return bakes.every(({ decision }) => decision?.verdict === 'pass') ? (bakes.at(-1) ?? null) : null;
}

/** The step a reader should look at: the decisive one, else the first that was left open, else the last. */
export function settle(story: Story, outcomes: readonly StepOutcome[]): StepOutcome | null {
  const found = decisive(outcomes);
  const shown =
    found ?? outcomes.find(({ canPass, decision }) => canPass && decision === null) ?? outcomes.at(-1) ?? null;
  story.first = found?.decision ?? null;
  story.deciding = shown?.look ?? story.deciding;
  story.where = shown === null ? null : { name: shown.name, beganMs: shown.beganMs, looks: shown.looks };
  return found;
}

export function outcomeDocument({ facts, looks, decision, look }: StepOutcome): object {
  return { ...facts, looks, verdict: look.verdict.verdict, first: decision, sentence: look.verdict.sentence };
}
