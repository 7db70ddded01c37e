/** A stream of windows of one metric: everybody on the baseline before the stage, then both arms, minute by minute. */
import type { Arm } from '../../../../workflows/contract/plan.js';
import type { Cell, Payload, Window, WindowPhase } from '../../../../workflows/contract/windows.js';
import { type Alias, poissonTable, type Random } from '../random.js';
import { Noise, type StreamClass } from './noise.js';

export const METRIC = 'measured';
export const MINUTE_MS = 60_000;

export interface StreamSetting {
  class: StreamClass;
  /** Requests a minute and arm, on average. */
  traffic: number;
  /** True ratio of the candidate's intensity to the baseline's; what it is a ratio of depends on the kind. */
  ratio: number;
  phase: WindowPhase;
  random: Random;
}

/** The window given is the same object each time, with new numbers: who keeps one must copy it. */
export interface Stream {
  /** The next minute before the stage. */
  before(): Window;
  /** The next minute of the stage, half of the users in each arm. */
  next(): Window;
}

/** What a kind of metric adds: numbers into payloads that already exist. */
export interface Filling {
  /** Of one arm: the mean number of its requests and its intensity this minute. */
  fill(arm: Arm, units: number, intensity: number): void;
  /** Both arms' cells, baseline first; what `before` shows are the cells of the baseline alone. */
  cells: Cell[];
}

export const SHARE = 0.5;

export function streamOf({ class: of, traffic, ratio, phase, random }: StreamSetting, filling: Filling): Stream {
  const noise = new Noise(of, random);
  const units = unitsOf(noise, traffic, random);
  const baseline = filling.cells.filter(({ arm }) => arm === 'baseline');
  const early = emptyWindow('baseline', 0, baseline);
  const window = emptyWindow(phase, SHARE, filling.cells);
  return {
    before() {
      noise.next();
      filling.fill('baseline', units.control() + units.treated(), noise.everybody);
      advance(early);
      window.endMs = early.endMs;
      return early;
    },
    next() {
      noise.next();
      filling.fill('baseline', units.control(), noise.control);
      filling.fill('candidate', units.treated(), noise.treated * ratio);
      advance(window);
      return window;
    },
  };
}

interface Units {
  control(): number;
  treated(): number;
}

function unitsOf(noise: Noise, traffic: number, random: Random): Units {
  if (!noise.isTrafficConstant)
    return {
      control: () => random.poisson(traffic * noise.controlTraffic),
      treated: () => random.poisson(traffic * noise.treatedTraffic),
    };
  const [control, treated] = [tableOf(traffic * noise.controlTraffic), tableOf(traffic * noise.treatedTraffic)];
  return { control: () => control.draw(random), treated: () => treated.draw(random) };
}

let lastTable: { mean: number; table: Alias } | null = null;

/** Most streams have one mean, run after run. */
function tableOf(mean: number): Alias {
  if (lastTable?.mean !== mean) lastTable = { mean, table: poissonTable(mean) };
  return lastTable.table;
}

function emptyWindow(phase: WindowPhase, share: number, cells: Cell[]): Window {
  return {
    version: 1,
    metric: METRIC,
    index: -1,
    startMs: 0,
    endMs: 0,
    phase,
    share,
    observation: { kind: 'value', cells },
  };
}

function advance(window: Window): void {
  window.index += 1;
  window.startMs = window.endMs;
  window.endMs += MINUTE_MS;
}

export function cell<P extends Payload>(arm: Arm, payload: P, slice: string | null = null): Cell & { payload: P } {
  return { arm, via: 'share', slice, payload };
}
