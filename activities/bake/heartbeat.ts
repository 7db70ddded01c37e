/**
 * A heartbeat that is too large is lost without a word, and its activity livelocks (temporal-practice.md 15.5). With many
 * slices the judge's memory is set aside in the evidence store's cache, and of the verdict only what is not passed stays.
 */
import type { JudgeState } from '../../judge/types.js';
import type { BakeHeartbeat } from '../../workflows/contract/activities.js';
import type { StepVerdict } from '../../workflows/contract/verdicts.js';
import type { Look } from './bake.js';

const MOST_BYTES = 32_000;

/** Which heartbeat the memory belongs to: another's, older or newer, is not used. */
interface SetAside {
  of: string;
  windows: number;
  judge: JudgeState;
}

const place = ({ input }: Look): string => `judge-${input.mode}-${input.key}`;

export async function small(look: Look, heartbeat: BakeHeartbeat): Promise<BakeHeartbeat> {
  if (bytes(heartbeat) <= MOST_BYTES) return heartbeat;
  const { of, windows, judge } = heartbeat;
  await look.evidence.putState(place(look), { of, windows, judge } as SetAside);
  const slim: BakeHeartbeat = { ...heartbeat, judge: null };
  const room = MOST_BYTES - bytes({ ...slim, verdict: null });
  return { ...slim, verdict: slim.verdict && shortened(slim.verdict, room) };
}

/** The memory that this heartbeat left in the store; null when it is gone or another's. */
export async function setAside(look: Look, { of, windows }: BakeHeartbeat): Promise<JudgeState | null> {
  const found = (await look.evidence.getState(place(look))) as SetAside | null;
  return found?.of === of && found.windows === windows ? found.judge : null;
}

/** What decides comes first, what has passed goes first. */
function shortened(verdict: StepVerdict, room: number): StepVerdict {
  const order = { fail: 0, inconclusive: 1, pass: 2 };
  let left = room - bytes({ ...verdict, gates: [] });
  const gates = verdict.gates
    .toSorted((a, b) => order[a.verdict] - order[b.verdict])
    .filter((gate) => (left -= bytes(gate) + 1) >= 0);
  return { ...verdict, gates };
}

const bytes = (json: unknown): number => Buffer.byteLength(JSON.stringify(json));
