/**
 * Anything that is judged again, look by look: a file, or a rollout step by step. Told to programs as one JSON object,
 * written while it is judged, and gathered for people. Months of looks are never held as documents.
 */
import type { Look } from '../../judge/recorded/replay.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { addLook, newStory, openSection, type Story } from '../render/judge-track.js';

/** A step and its looks, in order. */
export interface Stretch {
  /** `beta step 1`; empty where there is only one. */
  name: string;
  /** What is said of each look in it, for programs. */
  facts: Record<string, unknown>;
  looks: Iterable<Look>;
}

export interface Session {
  /** The gates it is judged under. */
  plan: Plan;
  /** What a program should know before the looks. */
  head: Record<string, unknown>;
  stretches: Iterable<Stretch>;
}

export type Write = (text: string) => void;

/** Judges it all. `write` gets the JSON of head and looks, up to the bracket that closes them; `tail` follows. */
export function tell(
  { plan, head, stretches }: Session,
  write: Write,
  onLook: (look: Look, stretch: Stretch) => void = () => {},
): Story {
  const story = newStory(plan);
  const opening = JSON.stringify({ version: 1, ...head }).slice(0, -1);
  write(`${opening},"looks":[`);
  for (const stretch of stretches) {
    openSection(story, stretch.name);
    for (const look of stretch.looks) {
      write(`${story.looks === 0 ? '' : ','}${JSON.stringify(lookDocument(look, stretch))}`);
      addLook(story, look);
      onLook(look, stretch);
    }
  }
  write(']');
  return story;
}

/** Closes the object that `tell` began. */
export function finish(tail: Record<string, unknown>, write: Write): void {
  write(`,${JSON.stringify(tail).slice(1)}\n`);
}

function lookDocument({ window, startMs, endMs, verdict: said }: Look, { facts }: Stretch): object {
  const { verdict, decidedBy, sentence, split, gates } = said;
  const [start, end] = [startMs, endMs].map((ms) => new Date(ms).toISOString());
  return { ...facts, window, start, end, verdict, decidedBy, sentence, split, gates };
}
