/** Builders of standings for the renderer tests. */
import type { Standing } from '../../../client/standing.js';
import type { Canvas } from '../../../client/render/tree.js';
import { plain } from '../../../client/render/paint.js';
import { linked } from '../../../evidence/chain.js';
import { GENESIS } from '../../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Bake, Plan, StageSpec } from '../../../workflows/contract/plan.js';
import type { GateVerdict, StepVerdict } from '../../../workflows/contract/verdicts.js';
import type { Request, RolloutView } from '../../../workflows/contract/view.js';

export const NOW = Date.parse('2026-03-01T12:00:00Z');
export const ROLLOUT = 'r-abcdefghijklmnopqrstuvwxyz';

export function canvas(width = 100): Canvas {
  return { paint: plain, width, nowMs: NOW };
}

const bake: Bake = {
  warmupMs: 2_000,
  minMs: 20_000,
  maxMs: 180_000,
  minUnits: 2_000,
  onTimeout: 'hold',
  onBlind: 'hold',
  blindAfterMs: 60_000,
  blindDeadlineMs: 600_000,
};

function stage(name: string, shares: number[], approval: StageSpec['approval']): StageSpec {
  return {
    name,
    steps: shares.map((share) => ({ share, cohorts: ['staff'] })),
    approval,
    bake,
    gates: ['errors', 'mail-lost'],
  };
}

const approval: StageSpec['approval'] = {
  rules: [{ role: 'risk', min: 1 }],
  exclude: ['initiator'],
  timeoutMs: 259_200_000,
  onTimeout: 'hold',
  onReject: 'stay',
  remindEveryMs: 86_400_000,
};

export function plan(): Plan {
  const gate = { role: 'guardrail' as const, fastLane: null };
  return {
    version: 1,
    model: 'spam-filter',
    tenant: 'mail',
    owner: 'team-mail',
    intent: 'Lose less real mail.',
    risk: 'medium',
    runbook: null,
    candidate: { registry: 'models', version: 'nb-2' },
    target: { store: 'flags', flag: 'spam-filter', stickyBy: 'mailboxId', cohortAttribute: 'cohort' },
    arms: null,
    sources: {},
    metrics: {},
    gates: {
      errors: {
        ...gate,
        metric: 'errors',
        rollbackWhen: { provenWorseBy: '0.2pp' },
        promoteWhen: { provenWithin: '0.5pp' },
      },
      'mail-lost': {
        ...gate,
        metric: 'mail-lost',
        rollbackWhen: { provenWorseBy: '0.8pp' },
        promoteWhen: { provenWithin: '2pp' },
      },
    },
    falseAlarms: { rollback: 0.02, promote: 0.05 },
    lease: { forMs: 900_000, onSilence: 'baseline' },
    guardEveryMs: 300_000,
    splitCheck: { level: 0.001 },
    stages: [stage('internal', [0], null), stage('beta', [0.25], null), stage('general', [0.5, 1], approval)],
    after: { forMs: 40_000, everyMs: 2_000, holdBack: 0.05, gates: ['errors'] },
    notify: [],
  };
}

export function gate(over: Partial<GateVerdict> = {}): GateVerdict {
  return {
    gate: 'mail-lost',
    metric: 'mail-lost',
    slice: 'mailType=hard-ham',
    lane: 'grid',
    verdict: 'inconclusive',
    estimate: 0.012,
    lower: -0.001,
    upper: 0.025,
    rollbackLimit: 0.008,
    promoteLimit: 0.02,
    level: 0.01,
    eValue: 3,
    units: { baseline: 900, candidate: 300 },
    events: { baseline: 9, candidate: 7 },
    windows: 8,
    control: 'concurrent',
    dispersion: { factor: 2, assumed: true },
    reasons: ['insufficientData'],
    sentence: 'About 340 more units would decide it.',
    ...over,
  };
}

export function verdict(over: Partial<StepVerdict> = {}): StepVerdict {
  return {
    verdict: 'inconclusive',
    decidedBy: { gate: 'mail-lost', slice: 'mailType=hard-ham' },
    gates: [
      gate({
        gate: 'errors',
        slice: null,
        verdict: 'pass',
        estimate: 0.0001,
        lower: -0.002,
        upper: 0.0022,
        sentence: 'Within 0.5 pp.',
      }),
      gate(),
    ],
    split: { broken: false, p: 0.4, expectedShare: 0.25, observedShare: 0.248, sentence: 'As planned.' },
    asOfMs: NOW - 2_000,
    sinceMs: NOW - 30_000,
    sentence: 'Waits for mail-lost on hard-ham: 340 more units.',
    ...over,
  };
}

export function view(over: Partial<RolloutView> = {}): RolloutView {
  return {
    version: 1,
    rolloutId: ROLLOUT,
    tenant: 'mail',
    model: 'spam-filter',
    risk: 'medium',
    status: 'baking',
    heldWhile: null,
    startedBy: 'ana',
    startedAtMs: NOW - 180_000,
    planDigest: 'sha256:aa',
    candidateVersion: 'nb-2',
    baselineVersion: 'rules-1',
    stage: 'beta',
    stageIndex: 1,
    step: 0,
    steps: [],
    bakeSinceMs: NOW - 40_000,
    bakeDeadlineMs: NOW + 140_000,
    asked: { share: 0.25, cohorts: ['staff'] },
    observed: { share: 0.248, how: 'traffic' },
    revision: 3,
    verdict: verdict(),
    conditions: null,
    holds: [],
    request: null,
    decisions: [],
    awaited: [],
    lowering: null,
    promotedAtMs: null,
    afterUntilMs: null,
    assurance: 'identity',
    unproven: true,
    refusedMessages: {},
    journalSeq: 9,
    next: { what: 'undecided by then: hold', atMs: NOW + 140_000 },
    ...over,
  };
}

export function request(over: Partial<Request> = {}): Request {
  return {
    version: 1,
    requestId: 'q-1',
    tenant: 'mail',
    model: 'spam-filter',
    rolloutId: ROLLOUT,
    firstRunId: 'run',
    runId: 'run',
    stage: 'general',
    attempt: 1,
    candidateVersion: 'nb-2',
    baselineVersion: 'rules-1',
    exposureBefore: { share: 0.25, cohorts: ['staff'] },
    steps: [
      { share: 0.5, cohorts: ['staff'] },
      { share: 1, cohorts: ['staff'] },
    ],
    digests: {
      plan: 'sha256:aa',
      policy: 'sha256:bb',
      candidate: 'sha256:cc',
      baseline: 'sha256:dd',
      evidence: 'sha256:ee',
    },
    exposureCap: { share: 1, cohorts: ['staff'] },
    rules: [{ role: 'risk', min: 1 }],
    excluded: ['ana'],
    shown: [
      {
        gate: 'mail-lost',
        slice: 'mailType=hard-ham',
        verdict: 'inconclusive',
        estimate: 0.012,
        lower: -0.001,
        upper: 0.025,
        sentence: 'About 340 more units would decide it.',
      },
      {
        gate: 'errors',
        slice: null,
        verdict: 'pass',
        estimate: 0.0001,
        lower: -0.002,
        upper: 0.0022,
        sentence: 'Within 0.5 pp.',
      },
    ],
    openedAtMs: NOW - 1_000,
    expiresAtMs: NOW + 3_600_000,
    challenge: 'c',
    journalSeq: 9,
    journalHead: GENESIS,
    ...over,
  };
}

export function standing(over: Partial<Standing> = {}): Standing {
  return {
    version: 1,
    tenant: 'mail',
    model: 'spam-filter',
    rolloutId: ROLLOUT,
    status: 'baking',
    stage: 'beta',
    heard: { temporal: true, worker: true, flag: false, evidence: false },
    notes: [],
    plan: plan(),
    view: view(),
    live: null,
    flag: null,
    journal: [],
    ending: null,
    asOfMs: NOW,
    ...over,
  };
}

/** Entries as the workflow would have chained them. */
export function chained(entries: Omit<JournalEntry, 'prev' | 'hash'>[]): JournalEntry[] {
  let prev = GENESIS;
  return entries.map((entry) => {
    const whole = linked({ ...entry, prev });
    prev = whole.hash;
    return whole;
  });
}
