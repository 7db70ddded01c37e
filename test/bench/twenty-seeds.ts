/**
 * Acts 1 and 2 of the demo for twenty seeds, judged offline: the demo's own mail, models, draw and plan, the product's
 * judge, window by window; no servers, no server time. Live runs of single seeds are what `npm run demo -- --seed N` does.
 */
import { readFileSync } from 'node:fs';
import { deliveries, randomFrom } from '../../demo/draw.js';
import { loadMail, type Mail } from '../../demo/mail.js';
import { filterOf } from '../../demo/models/filter.js';
import { trainVersion, type Version } from '../../demo/models/versions.js';
import { makeJudge } from '../../judge/judge.js';
import { readPlan } from '../../plan/read.js';
import type { Arm, Plan } from '../../workflows/contract/plan.js';
import type { StepVerdict } from '../../workflows/contract/verdicts.js';
import type { Cell, Observation, Via } from '../../workflows/contract/windows.js';
import { type Benchmark, median, type Row, worst } from './row.js';

const SEEDS = 20;
const WINDOW_MS = 2_000;
const DELIVERIES_PER_WINDOW = 1_000;
const STAFF_SHARE = 0.1;

type Answers = Record<Version, Map<Mail, boolean>>;

interface Outcome {
  ended: 'promoted' | 'rolledBack' | 'undecided';
  /** Stage, gate and slice where it ended. */
  where: string;
  judgedMs: number;
}

async function run({ quick }: { quick: boolean }): Promise<Row[]> {
  const mail = loadMail();
  const heldOut = mail.filter(({ split }) => split === 'heldOut');
  const answers = Object.fromEntries(
    (['rules-1', 'nb-1', 'nb-2'] as const).map((version) => {
      const spam = filterOf(trainVersion(version, mail));
      return [version, new Map(heldOut.map((letter) => [letter, spam(letter)]))];
    }),
  ) as Answers;
  const plan = demoPlan();
  const seeds = Array.from({ length: quick ? 3 : SEEDS }, (_, index) => index + 1);
  const bad = seeds.map((seed) => rollOut(plan, heldOut, answers, 'nb-1', seed));
  const good = seeds.map((seed) => rollOut(plan, heldOut, answers, 'nb-2', seed));
  return [...rowsOfBad(bad), ...rowsOfGood(good)];
}

function demoPlan(): Plan {
  const at = (path: string): URL => new URL(`../../demo/${path}`, import.meta.url);
  const file = 'spam-filter.rollout.yaml';
  const read = readPlan(readFileSync(at(file), 'utf8'), { file, queries: (path) => readFileSync(at(path), 'utf8') });
  if (read.kind === 'problems') throw new Error(read.problems.map(({ message }) => message).join('; '));
  return read.plan;
}

function rollOut(plan: Plan, mail: readonly Mail[], answers: Answers, candidate: Version, seed: number): Outcome {
  const judge = makeJudge(plan);
  const state = judge.create();
  const draw = deliveries(mail, seed, STAFF_SHARE);
  const bucket = randomFrom(seed + 1_000_000);
  let judgedMs = 0;
  for (const stage of plan.stages) {
    for (const [step, { share }] of stage.steps.entries()) {
      const { minUnits, minMs, maxMs } = stage.bake;
      const randomised = share > 0 && share < 1;
      judge.openStep(state, {
        stage: stage.name,
        step,
        share,
        randomised,
        gates: stage.gates,
        minUnits,
        minMs,
        judgedFromMs: 0,
        mode: 'bake',
      });
      let verdict: StepVerdict = judge.explain(state);
      for (let index = 0; index * WINDOW_MS < maxMs && verdict.verdict === 'inconclusive'; index += 1) {
        const seen = observe(answers, candidate, draw, bucket, share);
        const times = { index, startMs: index * WINDOW_MS, endMs: (index + 1) * WINDOW_MS };
        for (const [metric, observation] of Object.entries(seen)) {
          judge.update(state, { version: 1, metric, ...times, phase: 'bake', share, observation });
        }
        judgedMs += WINDOW_MS;
        verdict = judge.explain(state);
      }
      const where = `${stage.name} ${verdict.decidedBy?.gate ?? ''} ${verdict.decidedBy?.slice ?? ''}`.trim();
      if (verdict.verdict === 'fail') return { ended: 'rolledBack', where, judgedMs };
      if (verdict.verdict === 'inconclusive') return { ended: 'undecided', where, judgedMs };
    }
  }
  return { ended: 'promoted', where: 'general', judgedMs };
}

type Tally = Map<string, { arm: Arm; via: Via; slice: string | null; units: number; events: number }>;

function observe(
  answers: Answers,
  candidate: Version,
  draw: ReturnType<typeof deliveries<Mail>>,
  bucket: () => number,
  share: number,
): Record<string, Observation> {
  const tallies: Record<'errors' | 'mail-lost' | 'spam-kept', Tally> = {
    errors: new Map(),
    'mail-lost': new Map(),
    'spam-kept': new Map(),
  };
  for (let i = 0; i < DELIVERIES_PER_WINDOW; i += 1) {
    const { mail, staff } = draw();
    const chosen = bucket() < share;
    const arm: Arm = staff || chosen ? 'candidate' : 'baseline';
    const via: Via = staff ? 'cohort:staff' : 'share';
    const spam = answers[arm === 'candidate' ? candidate : 'rules-1'].get(mail) === true;
    add(tallies.errors, arm, via, null, false);
    if (mail.type === 'spam') add(tallies['spam-kept'], arm, via, null, !spam);
    else for (const slice of [null, `mailType=${mail.type}`]) add(tallies['mail-lost'], arm, via, slice, spam);
  }
  const rates = Object.fromEntries(Object.entries(tallies).map(([metric, tally]) => [metric, rate(tally)]));
  return { ...rates, latency: allFast(tallies.errors) };
}

function add(tally: Tally, arm: Arm, via: Via, slice: string | null, event: boolean): void {
  const key = `${arm} ${via} ${slice}`;
  const cell = tally.get(key) ?? { arm, via, slice, units: 0, events: 0 };
  cell.units += 1;
  cell.events += event ? 1 : 0;
  tally.set(key, cell);
}

function rate(tally: Tally): Observation {
  const cells = [...tally.values()].map(
    ({ arm, via, slice, units, events }): Cell => ({ arm, via, slice, payload: { kind: 'rate', units, events } }),
  );
  return { kind: 'value', cells };
}

/** Nothing here takes time: every request counts as faster than the plan's edge. */
function allFast(tally: Tally): Observation {
  const cells = [...tally.values()].map(
    ({ arm, via, units: n }): Cell => ({
      arm,
      via,
      slice: null,
      payload: {
        kind: 'quantile',
        n,
        buckets: [
          [50, n],
          [null, n],
        ],
      },
    }),
  );
  return { kind: 'value', cells };
}

const METHOD =
  "the demo's held-out mail, models, draw (500 deliveries/s in windows of 2 s) and plan; the product's judge, window by window";
const LIMITS =
  'offline: no servers, no errors, no slow requests, no warm-up or settling; live runs add about 5 s a step';

function rowsOfBad(outcomes: Outcome[]): Row[] {
  const caught = outcomes.filter(
    ({ ended, where }) => ended === 'rolledBack' && where === 'beta mail-lost mailType=hard-ham',
  );
  const seconds = caught.map(({ judgedMs }) => judgedMs / 1_000);
  return [
    row(
      'bad candidate (nb-1) rolled back at beta on hard ham',
      outcomes.length,
      caught.length,
      `of ${outcomes.length} seeds`,
    ),
    row('judged time from the start to that verdict, median', null, median(seconds), 's'),
    row('judged time from the start to that verdict, worst', null, worst(seconds), 's'),
  ];
}

function rowsOfGood(outcomes: Outcome[]): Row[] {
  const promoted = outcomes.filter(({ ended }) => ended === 'promoted');
  const seconds = promoted.map(({ judgedMs }) => judgedMs / 1_000);
  return [
    row('good candidate (nb-2) passes every step', outcomes.length, promoted.length, `of ${outcomes.length} seeds`),
    row('judged time from the start to the last pass, median', null, median(seconds), 's'),
    row('judged time from the start to the last pass, worst', null, worst(seconds), 's'),
  ];
}

function row(what: string, least: number | null, measured: number, unit: string): Row {
  return {
    what,
    target: least === null ? null : { kind: 'atLeast', value: least },
    measured,
    unit,
    method: METHOD,
    limits: LIMITS,
  };
}

export const twentySeeds: Benchmark = { name: 'seeds', title: 'The demo with twenty seeds', limitMs: 180_000, run };
