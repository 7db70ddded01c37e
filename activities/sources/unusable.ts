/**
 * What cannot become a number becomes one of these, thrown inside a source and turned into an observation at one place.
 * Pure.
 */
import type { Cell, Observation } from '../../workflows/contract/windows.js';

type NotAValue = Exclude<Observation, { kind: 'value' }>;

/** Carries the observation a metric gets instead of a value; never leaves this folder. */
export class Unusable extends Error {
  readonly observation: NotAValue;
  constructor(observation: NotAValue) {
    super(observation.kind === 'noData' ? observation.reason : observation.message);
    this.name = 'Unusable';
    this.observation = observation;
  }
}

/** Nothing was counted, or what was counted cannot be told from a gap. */
export function noData(reason: string): Unusable {
  return new Unusable({ kind: 'noData', reason });
}

/** The source or the plan must be changed before this can be read. */
export function unreadable(message: string): Unusable {
  return new Unusable({ kind: 'error', retryable: false, message });
}

/** The same question may be answered later. */
export function unanswered(message: string): Unusable {
  return new Unusable({ kind: 'error', retryable: true, message });
}

/** Runs one metric's reading; an Unusable becomes its observation, any other error passes through. */
export async function observe(read: () => Cell[] | Promise<Cell[]>): Promise<Observation> {
  try {
    return { kind: 'value', cells: await read() };
  } catch (error) {
    if (error instanceof Unusable) return error.observation;
    throw error;
  }
}
