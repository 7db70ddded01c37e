/** How long a bake must be allowed to be for a gate to decide, by arithmetic alone. Pure, sandbox-safe. */
import { type PassQuestion, timeToPass, windowsNeeded } from './bound.js';
import { marginFor } from './margin-for.js';
import { unitsMs } from './units.js';

/** Windows of the stages before that let the judge know their scatter. */
const RECORDED_WINDOWS = 60;
const LEAST_PLANNED = 60;

export interface BakeTimes {
  warmupMs: number;
  minMs: number;
  maxMs: number;
  minUnits: number;
}

export interface WindowTimes {
  windowMs: number;
  settleMs: number;
}

/** What the judge will have to go by: `before`, `asking`: bakes of the stages before, and of all that ask the gate. */
export function tuningOf(
  { windowMs }: WindowTimes,
  before: readonly { minMs: number; steps: number }[],
  asking: readonly { maxMs: number }[],
): Pick<PassQuestion, 'windowMs' | 'planned' | 'recorded'> {
  const seen = before.reduce((sum, { minMs, steps }) => sum + Math.floor((minMs * steps) / windowMs), 0);
  const longest = Math.max(0, ...asking.map(({ maxMs }) => maxMs));
  return {
    windowMs,
    planned: Math.max(LEAST_PLANNED, Math.round(longest / windowMs)),
    recorded: seen >= RECORDED_WINDOWS,
  };
}

/** `max` that four of five candidates that should pass need; infinite when there is none up to 400 days. */
export function maxNeeded(question: PassQuestion, bake: BakeTimes, source: WindowTimes): number {
  const { windowMs, settleMs } = source;
  const minUnits = unitsMs(question.level, question.share, bake.minUnits);
  const judgedMs = Math.max(timeToPass(question), windowsNeeded(question) * windowMs, bake.minMs, minUnits);
  return bake.warmupMs + Math.ceil(judgedMs / windowMs) * windowMs + settleMs;
}

/** The margin or limit with which `max` would do; null: none could be written, or something else takes so long. */
export function marginNeeded(question: PassQuestion, bake: BakeTimes, source: WindowTimes): string | null {
  const leftMs = Math.floor((bake.maxMs - bake.warmupMs - source.settleMs) / source.windowMs) * source.windowMs;
  return leftMs > 0 ? marginFor(question, leftMs) : null;
}

/** What to do about it, as a sentence goes on after a semicolon. */
export function remedyFor(needsMaxMs: number | null, margin: string | null, word: string): string {
  const raise = needsMaxMs === null ? null : `raise \`max\` to about ${roundedUp(needsMaxMs)}`;
  const widen = margin === null ? null : `write a wider \`${word}\` of about ${margin}`;
  const both = [raise, widen].filter((one) => one !== null);
  return both.length > 0 ? both.join(', or ') : `write a wider \`${word}\`, or ask another question at this traffic`;
}

/** `90s`, `9h`, `17d`: rounded up, as a plan writes it. */
export function roundedUp(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [name, size] = units.find(([, unit]) => ms >= 2 * unit) ?? (['s', 1_000] as const);
  return `${Math.ceil(ms / size)}${name}`;
}
