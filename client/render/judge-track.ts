/**
 * What re-judging tells, gathered look by look: for each gate and slice the numbers at every look and where its verdict
 * changed, and the first look that decided. Charts and tables are drawn from this. Pure.
 */
import { type Decision, decisionAt, type Look } from '../../judge/recorded/replay.js';
import type { GateSpec, MetricSpec, Plan } from '../../workflows/contract/plan.js';
import type { GateVerdict, VerdictKind } from '../../workflows/contract/verdicts.js';
import { type Unit, unitOf } from './numbers.js';

export interface Point {
  startMs: number;
  endMs: number;
  estimate: number | null;
  lower: number | null;
  upper: number | null;
}

/** From this look on the verdict is another. */
export interface Change {
  look: number;
  window: number;
  startMs: number;
  verdict: VerdictKind;
}

/** One gate on the whole or on one slice. */
export interface Track {
  gate: string;
  slice: string | null;
  unit: Unit;
  /** What its numbers are, for an axis. */
  caption: string;
  /** One for each look. */
  points: Point[];
  changes: Change[];
  rollbackLimit: number | null;
  promoteLimit: number | null;
  last: GateVerdict | null;
}

/** A step of the rollout the looks belong to; of a file there is one, without a name. */
export interface Section {
  name: string;
  fromLook: number;
}

export interface Story {
  plan: Plan;
  tracks: Map<string, Track>;
  changes: Change[];
  sections: Section[];
  looks: number;
  /** Of every look. */
  times: Pick<Point, 'startMs' | 'endMs'>[];
  first: Decision | null;
  /** The look that decided first, else the last one. */
  deciding: Look | null;
  /** The step that look belongs to; null: there is only one. */
  where: { name: string; beganMs: number; looks: number } | null;
}

export function newStory(plan: Plan): Story {
  return {
    plan,
    tracks: new Map(),
    changes: [],
    sections: [],
    looks: 0,
    times: [],
    first: null,
    deciding: null,
    where: null,
  };
}

export function openSection(story: Story, name: string): void {
  story.sections.push({ name, fromLook: story.looks });
}

export function addLook(story: Story, look: Look): void {
  const { verdict, startMs, endMs } = look;
  story.times.push({ startMs, endMs });
  change(story.changes, story.looks, look, verdict.verdict);
  for (const gate of verdict.gates) addGate(story, look, gate);
  if (story.first === null) {
    story.first = decisionAt(look);
    story.deciding = look;
  }
  story.looks += 1;
}

/** The limit of a quantile is an edge of its histogram; here it has none yet. */
const NO_LIMIT: ReadonlySet<string> = new Set(['noEdge', 'noFrozenEdge']);

function addGate(story: Story, look: Look, gate: GateVerdict): void {
  const track = trackOf(story, gate);
  const { estimate, lower, upper } = gate;
  // A slice that is first heard of later has nothing to show before.
  for (const time of story.times.slice(track.points.length, story.looks))
    track.points.push({ ...time, estimate: null, lower: null, upper: null });
  track.points.push({ startMs: look.startMs, endMs: look.endMs, estimate, lower, upper });
  track.rollbackLimit = gate.rollbackLimit ?? track.rollbackLimit;
  if (estimate !== null && !gate.reasons.some((reason) => NO_LIMIT.has(reason))) track.promoteLimit = gate.promoteLimit;
  track.last = gate;
  change(track.changes, story.looks, look, gate.verdict);
}

function trackOf(story: Story, { gate, slice, metric }: GateVerdict): Track {
  const key = JSON.stringify([gate, slice]);
  const spec = story.plan.gates[gate];
  const measured = story.plan.metrics[metric];
  const track = story.tracks.get(key) ?? {
    gate,
    slice,
    unit: measured?.kind === 'quantile' ? ('ms' as const) : unitOf(spec),
    caption: captionOf(spec, measured),
    points: [],
    changes: [],
    rollbackLimit: null,
    promoteLimit: null,
    last: null,
  };
  story.tracks.set(key, track);
  return track;
}

function change(changes: Change[], look: number, { window, startMs }: Look, verdict: VerdictKind): void {
  if (changes.at(-1)?.verdict !== verdict) changes.push({ look, window, startMs, verdict });
}

function captionOf(gate: GateSpec | undefined, metric: MetricSpec | undefined): string {
  if (metric?.kind === 'quantile') return `${Number((metric.q * 100).toPrecision(6))}th percentile of the candidate`;
  if (metric?.kind === 'slo') return 'burn rate of the candidate';
  if (metric?.kind === 'drift') return 'distance of the distributions';
  const when = gate?.promoteWhen ?? {};
  if ('provenBelow' in when || 'provenAbove' in when)
    return metric?.kind === 'fairness' ? 'between the groups' : 'the candidate alone';
  return metric?.kind === 'fairness'
    ? 'gap between the groups, candidate minus baseline'
    : 'candidate against baseline; above 0 is worse';
}
