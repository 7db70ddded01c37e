/** What may never promote: no data, broken data, and comparisons that are void. */
import type { StepContext } from '../../../../judge/types.js';
import type { SliceSpec } from '../../../../workflows/contract/plan.js';
import type { Observation, RatePayload, Window } from '../../../../workflows/contract/windows.js';
import { number } from '../../page.js';
import type { Minute } from '../../peers/peer.js';
import { type Case, type Kept, type Outcomes, type Part, scaled, type Size } from '../part.js';
import { Random } from '../random.js';
import { RATE } from '../streams/kinds.js';
import { MINUTES_A_DAY, POISSON } from '../streams/noise.js';
import { type RateStream, rateStream } from '../streams/rate.js';
import { SLICED_BY, slicedStream } from '../streams/slices.js';
import { countOf } from '../tally.js';
import { judgeOf, looksUntil, opened, questionOf } from '../watch.js';
import { looksIn, outOf } from './false-alarms.js';
import { PROMOTING } from './peers.js';

const TRAFFIC = 3_000;
const RUNS = 100;
const OURS = 'ours';
/** Every case lasts a day but for the first of them, which shows that the same candidate passes when nothing is wrong. */
const GOOD = 'nothing is wrong (for comparison)';

interface Trouble {
  name: string;
  /** What peers are given instead of the two minutes; null: they have no such notion. */
  peers: ((control: RatePayload, treated: RatePayload, look: number) => [Minute, Minute]) | null;
  /** Changes the window of a healthy candidate, in place. */
  change(window: Window, control: RatePayload, treated: RatePayload, look: number): void;
  step?: Partial<StepContext>;
  slices?: SliceSpec;
}

const SILENCE: Observation = { kind: 'noData', reason: 'no series' };
const BROKEN: Observation = { kind: 'error', retryable: true, message: 'the source does not answer' };
/** Too few for a pass. */
const GOOD_MINUTES = 5;

const nothing = (payload: RatePayload): void => {
  payload.units = 0;
  payload.events = 0;
};

export const TROUBLES: readonly Trouble[] = [
  { name: GOOD, peers: (control, treated) => [control, treated], change: () => {} },
  {
    name: 'the source has no data',
    peers: () => [null, null],
    change: (window) => void (window.observation = SILENCE),
  },
  { name: 'the source fails', peers: () => [null, null], change: (window) => void (window.observation = BROKEN) },
  {
    name: `${GOOD_MINUTES} good minutes, then no data`,
    peers: (control, treated, look) => (look > GOOD_MINUTES ? [null, null] : [control, treated]),
    change: (window, _control, _treated, look) => void (look > GOOD_MINUTES && (window.observation = SILENCE)),
  },
  {
    name: "the candidate's errors are not a number",
    peers: (control, { units }) => [control, { units, events: Number.NaN }],
    change: (_window, _control, treated) => void (treated.events = Number.NaN),
  },
  {
    name: 'counters stand still in both arms',
    peers: () => [
      { units: 0, events: 0 },
      { units: 0, events: 0 },
    ],
    change: (_window, control, treated) => [control, treated].forEach(nothing),
  },
  {
    name: "the candidate's counters stand still",
    peers: (control) => [control, { units: 0, events: 0 }],
    change: (_window, _control, treated) => nothing(treated),
  },
  {
    name: 'the first good window again and again',
    peers: null,
    change: (window) => void (window.index = 0),
  },
  {
    name: 'the split is broken: 45 % instead of 50 %',
    peers: null,
    change: (_window, control, treated) => {
      const moved = Math.round(treated.units * 0.1);
      control.units += moved;
      treated.units -= moved;
      treated.events = Math.min(treated.events, treated.units);
    },
  },
  { name: 'fewer units than the plan asks for', peers: null, change: () => {}, step: { minUnits: 1e9 } },
  {
    name: 'shorter than the minimum bake',
    peers: null,
    change: () => {},
    step: { minMs: 10 * MINUTES_A_DAY * 60_000 },
  },
  {
    name: 'slices too thin for their minimum',
    peers: null,
    change: () => {},
    slices: { by: [SLICED_BY], minUnits: 1e7, onThin: 'hold' },
  },
];

interface Outcome {
  promotedBy: string[];
}

/** The stream of a healthy candidate with the trouble in it, from the first minute of the stage on. */
function troubled(trouble: Trouble, random: Random): RateStream {
  const setting = { class: POISSON, traffic: TRAFFIC, ratio: 1, phase: 'bake', random } as const;
  if (trouble.slices) return slicedStream(setting);
  const stream = rateStream(setting);
  let observation: Observation | null = null;
  let look = 0;
  return {
    ...stream,
    next() {
      const window = stream.next();
      observation ??= window.observation;
      window.observation = observation;
      look += 1;
      trouble.change(window, stream.control, stream.treated, look);
      return window;
    },
  };
}

function troubleCase(size: Size, trouble: Trouble): Case<Outcome> {
  const question = questionOf(RATE, POISSON);
  const judge = judgeOf({ ...question, spec: { ...question.spec, slices: trouble.slices ?? null } });
  const looks = looksIn(size, 1);
  return {
    name: trouble.name,
    runs: scaled(RUNS, size.runs, 2),
    run(seed) {
      const stream = troubled(trouble, new Random(trouble.name, seed));
      const state = opened(judge(), stream, 'bake', trouble.step);
      const ours = looksUntil(judge(), state, stream, 'pass', looks);
      return { promotedBy: [...(Number.isFinite(ours) ? [OURS] : []), ...peersThatPass(trouble, seed)] };
    },
  };
}

function peersThatPass({ name, peers }: Trouble, seed: number): string[] {
  if (peers === null) return [];
  const stream = rateStream({
    class: POISSON,
    traffic: TRAFFIC,
    ratio: 1,
    phase: 'bake',
    random: new Random(name, seed),
  });
  const undecided = new Map(PROMOTING.map((peer) => [peer.name, peer.begin()]));
  const passed: string[] = [];
  for (let look = 1; look <= MINUTES_A_DAY && undecided.size > 0; look += 1) {
    stream.next();
    const [control, treated] = peers(stream.control, stream.treated, look);
    for (const [peer, watch] of undecided) {
      const decision = watch.look(control, treated);
      if (decision === 'pass') passed.push(peer);
      if (decision !== null) undecided.delete(peer);
    }
  }
  return passed;
}

const promoted = (found: readonly Outcome[], who: string): number =>
  countOf(found, ({ promotedBy }) => promotedBy.includes(who));

function report(_: Size, outcomes: Outcomes<Outcome>) {
  const promises: Kept[] = TROUBLES.filter(({ name }) => name !== GOOD).map(({ name }) => ({
    what: `promoted although ${name}`,
    target: { kind: 'atMost', value: 0 },
    measured: promoted(outcomes(name), OURS),
    unit: `of ${number(outcomes(name).length)}`,
  }));
  const rows = TROUBLES.map(({ name, peers }) => {
    const found = outcomes(name);
    const others = PROMOTING.map((peer) => (peers === null ? '–' : outOf(promoted(found, peer.name), found.length)));
    return [name, outOf(promoted(found, OURS), found.length), ...others];
  });
  const columns = ['what is wrong', 'ours', ...PROMOTING.map(({ name }) => name)];
  return { tables: [{ title: null, columns, rows }], promises };
}

export const noPromotion: Part<Outcome> = {
  name: 'no-promotion',
  title: 'What never promotes',
  question:
    'A healthy candidate, but something is wrong with what is known of it. How often is it promoted all the same within a day? Never is promised.',
  how: `${RUNS} runs per row, ${number(TRAFFIC)} requests/min/arm, margin 25 %. Peers get the same minutes as their metric source would answer them: nothing, NaN, or zero requests.`,
  limits: 'peers have no split check, no minimum of units, no slices: there stands a dash.',
  alone: false,
  cases: (size) => TROUBLES.map((trouble) => troubleCase(size, trouble)),
  report,
};
