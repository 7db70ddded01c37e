/**
 * The evidence of a small rollout, genuine to the last byte: journal by the workflow's own reducers, verdicts by the judge,
 * keys and signatures by ssh-keygen. Stories change what happened.
 */
import canonicalize from 'canonicalize';
import { checkDecision } from '../../../approvals/decision-check.js';
import { type Policy, readPolicy } from '../../../approvals/policy.js';
import { statementsOf } from '../../../evidence/statements.js';
import { makeJudge } from '../../../judge/judge.js';
import { digestOf } from '../../../plan/canonical.js';
import type { Admission } from '../../../workflows/contract/activities.js';
import { GENESIS, NAMESPACES, type Request, type Signed } from '../../../workflows/contract/decisions.js';
import type { JournalEntry } from '../../../workflows/contract/journal.js';
import type { Digest, Plan } from '../../../workflows/contract/plan.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import type { Window } from '../../../workflows/contract/windows.js';
import { decide, settled } from '../../../workflows/deciding.js';
import { exported, note } from '../../../workflows/journal.js';
import { observed } from '../../../workflows/observing.js';
import { admitted, advanced, raised, raising, requested, stageOpened } from '../../../workflows/progress.js';
import { begin, CLEAR, type State } from '../../../workflows/state.js';
import { anAdmission } from '../../support/admission.js';
import { aPlan, STAGE } from '../../support/plans.js';
import type { KeyRing } from '../../support/ssh.js';
import {
  bytesOf,
  document,
  type Files,
  fingerprintOf,
  journalIn,
  policyText,
  ROLLOUT_ID,
  sealed,
  signedBy,
  text,
  textIn,
} from './keeping.js';

const START_MS = Date.UTC(2027, 2, 1, 12);

const WINDOW_MS = 1_000;

/** Enough requests without an error for the bound to be below the limit. */
const WINDOWS = 2;

/** The judge does not believe a jump at once. */
const GUARDED = 3;

/** What went otherwise than it should. */
export interface Story {
  /** Key that signs the yes to beta; the policy lists `ada` and `rex`. */
  signer?: string;
  /** Exposure rises to beta without anybody's yes. */
  isUnasked?: boolean;
  /** Beta follows though internal was never judged. */
  isUnjudged?: boolean;
  /** Stops while people decide on beta. */
  isOpen?: boolean;
  /** Started in an emergency that waived the gate, approved by these; the policy wants ada and rex. */
  emergency?: string[];
  /** Names only, nothing signed: development mode. */
  isUnsigned?: boolean;
  /** Errors show among the users of internal while people decide on beta: everybody goes back. */
  isHarmful?: boolean;
  /** Messages refused while the first stage opens. */
  refusals?: number;
  /** Errors among the requests of each beta window; the workflow says it passed all the same. */
  errors?: number;
}

interface Telling {
  ring: KeyRing;
  story: Story;
  files: Files;
  plan: Plan;
  policy: Policy;
  admission: Admission;
  state: State;
  nowMs: number;
  /** As they left the workflow: activity and journal. */
  exports: { activity: string; journal: JournalEntry[] }[];
}

export function thePlan(): Plan {
  return aPlan({ stages: [STAGE.internal(), STAGE.beta()] });
}

/** Evidence as the store would hold it, by path. */
export function keptRollout(ring: KeyRing, story: Story = {}): Files {
  const telling = admit(ring, story);
  internal(telling);
  const went = beta(telling);
  if (went) end(telling);
  return telling.files;
}

function admit(ring: KeyRing, story: Story): Telling {
  const plan = thePlan();
  const text = policyText(ring);
  const reading = readPolicy(text, 'policy.yaml');
  if (reading.kind === 'problems') throw new Error(JSON.stringify(reading.problems));
  const { policy, digest } = reading;
  const planDigest = digestOf(plan);
  const emergency = story.emergency ? EMERGENCY : null;
  const order = story.isUnsigned ? null : startOrder(ring, planDigest, { emergency });
  const approvals = (story.emergency ?? []).map((by) =>
    startOrder(ring, planDigest, { emergency, by, namespace: NAMESPACES.breakGlass }),
  );
  const input = { version: 1 as const, rolloutId: ROLLOUT_ID, plan, planDigest, by: 'p-ada', statedPolicyDigest: null };
  const admission = anAdmission({
    baselineVersion: 'nb-1',
    candidateVersion: 'nb-2',
    digests: { plan: planDigest, policy: digest, platform: fake('p'), candidate: fake('c'), baseline: fake('b') },
    people: policy.people.map(({ id, kind, roles }) => ({ id, kind, roles })),
    assurance: story.isUnsigned ? 'identity' : 'signed',
    actuator: 'separate',
    breakGlass: emergency && { waive: emergency.waive, cap: 0.3, reviewDueMs: START_MS + 48 * 3_600_000 },
  });
  const telling: Telling = {
    ring,
    story,
    files: new Map(),
    plan,
    policy,
    admission,
    state: begin(input, 'run-1', 'run-1', START_MS),
    nowMs: START_MS,
    exports: [],
  };
  const details = {
    rolloutId: ROLLOUT_ID,
    plan: planDigest,
    order: order && { ...order },
    breakGlass: approvals.map((each) => ({ ...each })),
  };
  telling.state = note(telling.state, tick(telling), 'started', details, 'p-ada');
  telling.state = admitted(telling.state, admission, tick(telling));
  const signatures = ['root-a', 'root-b'].map((root) => ring.key(root).sign(NAMESPACES.policy, text));
  document(telling.files, 'plan', plan);
  document(telling.files, 'policy', policy);
  if (!story.isUnsigned) document(telling.files, 'policy-source', { text, signatures });
  document(telling.files, 'admission', admission);
  document(telling.files, 'start-order', order);
  return telling;
}

const EMERGENCY = { reasonCode: 'outage', reason: 'The old filter loses mail.', waive: ['errors-low'] };

interface Ordering {
  emergency: typeof EMERGENCY | null;
  by?: string;
  namespace?: string;
}

function startOrder(
  ring: KeyRing,
  plan: Digest,
  { emergency, by = 'ada', namespace = NAMESPACES.start }: Ordering,
): Signed {
  const key = fingerprintOf(ring, by);
  const facts = { tenant: 'mail', model: 'spam-filter', rolloutId: ROLLOUT_ID, plan, by: `p-${by}`, key };
  return signedBy(ring, by, namespace, { version: 1, ...facts, issuedAtMs: START_MS, breakGlass: emergency });
}

function internal(telling: Telling): void {
  openStage(telling);
  for (let n = 0; n < (telling.story.refusals ?? 0); n += 1) {
    const refusal = { verb: 'approve', messageId: `m-${n}`, code: 'noRequest', sentence: 'Nothing is asked.' };
    telling.state = note(telling.state, tick(telling), 'messageRefused', refusal, 'p-ada');
  }
  raise(telling);
  if (!telling.story.isUnjudged) bake(telling, 'windows/internal-0-1', 0);
  else telling.state = advanced(telling.state, telling.plan);
}

/** False when the story ends here. */
function beta(telling: Telling): boolean {
  const { story, plan } = telling;
  const evidence = openStage(telling);
  if (!story.isUnasked) {
    const request = requestOf(telling, evidence);
    telling.state = requested(telling.state, request, tick(telling));
    if (story.isOpen) {
      exportTo(telling, 'freezeEvidence');
      return false;
    }
    if (story.isHarmful) return goBack(telling);
    answer(telling, request);
  }
  // Whoever forges the workflow is not asked whether exposure may rise.
  const forged = story.isUnasked || story.isUnjudged || story.signer !== undefined;
  raise(telling, forged);
  bake(telling, 'windows/beta-0-1', story.errors ?? 0);
  const { version } = plan.candidate;
  telling.state = note(telling.state, tick(telling), 'promoted', { version, revision: telling.state.revision + 1 });
  return true;
}

const COMPLETED = { outcome: 'completed', sentence: 'nb-2 of spam-filter serves everyone.' };

function end(telling: Telling, outcome = COMPLETED): void {
  const { files, plan, admission } = telling;
  telling.state = note(telling.state, tick(telling), 'ended', outcome);
  exportTo(telling, 'closeRollout');
  document(files, 'outcome', outcome);
  document(files, 'statements', statementsOf(plan, admission, journalIn(files)));
  seal(telling, true);
  files.set('history.json', bytesOf(`${JSON.stringify(historyOf(telling))}\n`));
}

/** The guard proves harm; the way back is walked to its end. */
function goBack(telling: Telling): false {
  const { files, state, plan, nowMs } = telling;
  for (const window of windowsFrom(nowMs, 0, 500, GUARDED)) {
    files.set(`guard/beta-0-0/${window.metric}/${window.index}.json`, text(window));
    telling.nowMs = window.endMs;
  }
  const verdict = judged(telling, 'guard/beta-0-0');
  const found = {
    kind: 'fail' as const,
    verdict,
    conditions: CLEAR,
    observed: null,
    detectedAtMs: telling.nowMs,
    windows: 2,
  };
  telling.state = observed(state, plan, { ...found, state: telling.admission.before.state }, tick(telling));
  const restored = { revision: state.revision + 1, safeAtMs: telling.nowMs, servedBefore: 0 };
  telling.state = note(telling.state, tick(telling), 'restored', restored);
  const zero = { how: 'traffic', atMs: telling.nowMs, sentence: 'No candidate traffic for one window.' };
  telling.state = note(telling.state, tick(telling), 'zeroObserved', zero);
  end(telling, { outcome: 'rolledBack', sentence: verdict.sentence });
  return false;
}

function openStage(telling: Telling): Digest {
  const stage = telling.plan.stages[telling.state.stageIndex];
  if (!stage) throw new Error('no such stage');
  telling.state = stageOpened(telling.state, stage, tick(telling));
  exportTo(telling, 'freezeEvidence');
  document(telling.files, `verdict-before-${stage.name}-1-${telling.state.seq}`, telling.state.verdict);
  return seal(telling, false);
}

function requestOf({ state, plan, admission, nowMs }: Telling, evidence: Digest): Request {
  const stage = plan.stages[state.stageIndex];
  if (!stage?.approval) throw new Error('nobody is asked');
  const { plan: ofPlan, policy, candidate, baseline } = admission.digests;
  return {
    version: 1,
    requestId: 'q-1',
    tenant: 'mail',
    model: 'spam-filter',
    rolloutId: ROLLOUT_ID,
    firstRunId: 'run-1',
    runId: 'run-1',
    stage: stage.name,
    attempt: 1,
    candidateVersion: 'nb-2',
    baselineVersion: 'nb-1',
    digests: { plan: ofPlan, policy, candidate, baseline, evidence },
    exposureBefore: state.asked,
    steps: stage.steps,
    exposureCap: stage.steps.at(-1) ?? { share: 0, cohorts: [] },
    rules: stage.approval.rules,
    excluded: [],
    shown: [],
    openedAtMs: nowMs,
    expiresAtMs: nowMs + stage.approval.timeoutMs,
    challenge: 'c-1',
    journalSeq: state.seq,
    journalHead: state.head,
  };
}

function answer(telling: Telling, request: Request): void {
  const { ring, story, plan, policy } = telling;
  if (story.isUnsigned) return answerByName(telling, request);
  const name = story.signer ?? 'ada';
  const key = fingerprintOf(ring, name);
  const issuedAtMs = tick(telling);
  const said = { version: 1, decision: 'approve', request, by: 'p-ada', key, reason: null, issuedAtMs };
  const signed = signedBy(ring, name, NAMESPACES.approve, said);
  const atMs = tick(telling);
  const check = checkDecision({
    input: { ...signed, tenant: 'mail', verb: 'approve', request, risk: plan.risk, atMs },
    policy,
  });
  const waiting = { ...signed, messageId: 'm-1', verb: 'approve' as const, by: 'p-ada', atMs };
  const valid = { kind: 'valid' as const, by: 'p-ada', key, assurance: 'signed' as const, reason: null, issuedAtMs };
  const taken = check.kind === 'valid' ? check : { ...valid, statementDigest: GENESIS };
  telling.state = settled({ ...telling.state, unchecked: [waiting] }, plan, waiting, taken, atMs);
}

function answerByName(telling: Telling, { requestId }: Request): void {
  const { state, plan } = telling;
  const letter = {
    version: 1 as const,
    messageId: 'm-1',
    verb: 'approve' as const,
    by: 'p-ada',
    reason: '',
    requestId,
  };
  const outcome = decide(state, plan, letter, 'approve', tick(telling));
  if ('code' in outcome) throw new Error(outcome.sentence);
  telling.state = outcome.state;
}

function raise(telling: Telling, forged = false): void {
  const { plan, state } = telling;
  const before = forged ? { ...state, phase: 'raise' as const, holds: [] } : state;
  const begun = raising(before, plan, tick(telling));
  if (!begun) throw new Error('the reducer does not let it rise');
  telling.state = begun;
  const nowMs = tick(telling);
  const flag = { ...telling.admission.before.state, ...begun.asked, revision: begun.writes };
  const done = { state: flag, verifiedAtMs: nowMs, served: begun.asked };
  telling.state = raised(begun, plan, done, nowMs);
}

function bake(telling: Telling, directory: string, errors: number): void {
  const { plan, state, files } = telling;
  const sinceMs = state.bake?.sinceMs ?? 0;
  for (const window of windowsFrom(sinceMs, state.asked.share, errors)) {
    files.set(`${directory}/${window.metric}/${window.index}.json`, text(window));
    telling.nowMs = window.endMs;
  }
  const verdict = judged(telling);
  const claimed: StepVerdict = { ...verdict, verdict: 'pass', decidedBy: null };
  const nowMs = tick(telling);
  telling.state = observed(
    state,
    plan,
    {
      kind: 'pass',
      verdict: claimed,
      conditions: CLEAR,
      observed: null,
      state: telling.admission.before.state,
      detectedAtMs: null,
      windows: WINDOWS,
    },
    nowMs,
  );
  telling.state = advanced(telling.state, plan);
}

function windowsFrom(sinceMs: number, share: number, events: number, guarded = 0): Window[] {
  const cell = (arm: 'baseline' | 'candidate', via: 'share' | 'cohort:staff', units: number) => ({
    arm,
    via,
    slice: null,
    payload: { kind: 'rate' as const, units, events: arm === 'candidate' ? events : 0 },
  });
  const cells =
    share === 0
      ? [cell('candidate', 'cohort:staff', 2_000)]
      : [cell('candidate', 'share', 20_000 * share), cell('baseline', 'share', 20_000 * (1 - share))];
  const phase = guarded > 0 ? 'guard' : 'bake';
  return Array.from({ length: guarded || WINDOWS }, (_, index) => ({
    version: 1,
    metric: 'errors',
    index,
    startMs: sinceMs + index * WINDOW_MS,
    endMs: sinceMs + (index + 1) * WINDOW_MS,
    phase,
    share,
    observation: { kind: 'value', cells },
  }));
}

/** As the bake activity would: every step so far, each on its own windows. */
function judged({ plan, state, files }: Telling, guard: string | null = null): StepVerdict {
  const judge = makeJudge(plan);
  const memory = judge.create();
  for (const stage of plan.stages.slice(0, state.stageIndex + (guard === null ? 1 : 0))) {
    const { share } = stage.steps[0] ?? { share: 0 };
    const own = [...files].filter(([path]) => path.startsWith(`windows/${stage.name}-0-1/`));
    const judgedFromMs = stage.name === plan.stages[state.stageIndex]?.name ? (state.bake?.sinceMs ?? 0) : 0;
    const step = {
      stage: stage.name,
      step: 0,
      share,
      randomised: share > 0,
      gates: stage.gates,
      minUnits: stage.bake.minUnits,
      minMs: stage.bake.minMs,
      judgedFromMs,
      mode: 'bake' as const,
    };
    judge.openStep(memory, step);
    for (const [, bytes] of own) judge.update(memory, JSON.parse(textIn(bytes)) as Window);
    if (guard === null) continue;
    judge.openStep(memory, { ...step, mode: 'guard' });
    for (const [path, bytes] of files)
      if (path.startsWith(guard)) judge.update(memory, JSON.parse(textIn(bytes)) as Window);
  }
  return judge.explain(memory);
}

function exportTo(telling: Telling, activity: 'freezeEvidence' | 'closeRollout'): void {
  const { state, files } = telling;
  telling.exports.push({ activity, journal: state.journal });
  const lines = state.journal.map((entry) => `${canonicalize(entry)}\n`).join('');
  files.set('journal.jsonl', bytesOf(`${textIn(files.get('journal.jsonl') ?? new Uint8Array())}${lines}`));
  telling.state = exported(state, state.seq);
}

/** What the evidence store does at a freeze: the list of files, its digest, a signed checkpoint. */
function seal({ ring, files, story, state, nowMs }: Telling, final: boolean): Digest {
  return sealed(ring, files, { size: state.seq, head: state.head, atMs: nowMs, final }, story.isUnsigned === true);
}

function historyOf({ plan, exports }: Telling): object {
  const payload = (value: unknown) => ({
    metadata: { encoding: Buffer.from('json/plain').toString('base64') },
    data: Buffer.from(JSON.stringify(value)).toString('base64'),
  });
  const order = { version: 1, rolloutId: ROLLOUT_ID, plan, planDigest: digestOf(plan) };
  const started = { workflowExecutionStartedEventAttributes: { input: { payloads: [payload(order)] } } };
  const scheduled = exports.map(({ activity, journal }) => ({
    activityTaskScheduledEventAttributes: {
      activityType: { name: activity },
      input: { payloads: [payload({ rolloutId: ROLLOUT_ID, journal })] },
    },
  }));
  return { version: 1, runs: [{ runId: 'run-1', history: { events: [started, ...scheduled] } }] };
}

/** A moment later. */
function tick(telling: Telling): number {
  telling.nowMs += 100;
  return telling.nowMs;
}

function fake(letter: string): Digest {
  return `sha256:${(letter === 'p' ? '1' : letter).repeat(64)}`;
}
