/** What every rule that stands beside our judge in the benchmark looks like: it sees one minute of both arms at a time. */

/** Requests and errors of one arm in one minute; null: the metric source answered with nothing. */
export type Minute = { units: number; events: number } | null;

export type Decision = 'fail' | 'pass';

export interface Watch {
  /** After a decision it is asked no more. Null: it goes on watching. */
  look(control: Minute, treated: Minute): Decision | null;
}

export interface Peer {
  name: string;
  begin(): Watch;
}

/** NaN as PromQL gives it where nothing was counted. */
export function rateOf({ units, events }: NonNullable<Minute>): number {
  return events / units;
}
