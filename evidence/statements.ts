/**
 * What the rollout found and decided, as in-toto statements (Statement v1; test-result v0.1, in-toto/attestation
 * spec/predicates/test-result.md) about the candidate's digest: one for each gate of each stage, and one decision for each
 * stage. A function of plan, admission and journal, so anybody can make them again. Pure.
 */
import type { Admission } from '../workflows/contract/activities.js';
import type { JournalEntry, Json } from '../workflows/contract/journal.js';
import type { Exposure, Plan } from '../workflows/contract/plan.js';
import type { VerdictKind } from '../workflows/contract/verdicts.js';
import { told } from './dossier.js';
import { type Passage, walk } from './walk.js';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1';
/** No registry resolves it: it is Sluice's own predicate, described by `StageDecision`. */
export const STAGE_DECISION = 'urn:sluice:stage-decision/v1';

interface Resource {
  name: string;
  digest: { sha256: string };
}

export interface Statement<Kind extends string = string, Predicate = unknown> {
  _type: typeof STATEMENT_TYPE;
  subject: Resource[];
  predicateType: Kind;
  predicate: Predicate;
}

/** `warned`: undecided where the plan did not need it, or when time was over. */
export interface TestResult {
  result: 'PASSED' | 'WARNED' | 'FAILED';
  configuration: Resource[];
  passedTests: string[];
  warnedTests: string[];
  failedTests: string[];
}

export interface StageDecision {
  rolloutId: string;
  tenant: string;
  stage: string;
  /** `raised`: exposure went up; `notRaised`: it was asked for and did not. */
  result: 'raised' | 'notRaised';
  /** Exposures that came into force, in order, with the journal entry of each read-back. */
  exposures: (Exposure & { seq: number })[];
  verdict: VerdictKind | null;
  assurance: Admission['assurance'];
  decisions: { seq: number; by: string; decision: string; assurance: string; key: string | null }[];
  /** Entry that opened the last request, and the digest of what approvers were shown; null where nobody was asked. */
  request: { seq: number; evidence: string } | null;
  plan: string;
  policy: string;
  baseline: string;
}

/** Empty for a rollout that was never admitted: nothing was tested. */
export function statementsOf(plan: Plan, admission: Admission | null, journal: readonly JournalEntry[]): Statement[] {
  if (!admission) return [];
  const passages = walk(plan, journal);
  const subject = [resource(`${plan.model}@${admission.candidateVersion}`, admission.digests.candidate)];
  const stages = [...plan.stages.map(({ name }) => name), ...(plan.after ? [AFTER] : [])];
  return stages.flatMap((stage): Statement[] => {
    const own = passages.filter((passage) => stageOf(passage) === stage);
    const results = testResults(plan, admission, stage, own).map((predicate) => ({
      _type: STATEMENT_TYPE,
      subject,
      predicateType: TEST_RESULT,
      predicate,
    }));
    const decision = stage === AFTER ? null : stageDecision(plan, admission, stage, passages);
    const made = decision && { _type: STATEMENT_TYPE, subject, predicateType: STAGE_DECISION, predicate: decision };
    return [...results, ...(made ? [made] : [])] as Statement[];
  });
}

const AFTER = 'after';

function stageOf({ at, isPromoted }: Passage): string | null {
  return isPromoted ? AFTER : (at?.stage ?? null);
}

interface ToldGate {
  gate: string;
  slice: string | null;
  verdict: VerdictKind;
}

/** By the last verdict of the stage that speaks of gates. */
function testResults(plan: Plan, admission: Admission, stage: string, own: readonly Passage[]): TestResult[] {
  const last = own.filter(({ entry }) => entry.event === 'verdict' && Array.isArray(entry.details['gates'])).at(-1);
  const gates = (last?.entry.details['gates'] ?? []) as Json & ToldGate[];
  const names = [...new Set(gates.map(({ gate }) => gate))];
  return names.map((name) => {
    const parts = gates.filter(({ gate }) => gate === name);
    const tests = (wanted: VerdictKind) =>
      parts.filter(({ verdict }) => verdict === wanted).map(({ slice }) => testName(stage, name, slice));
    const [passedTests, warnedTests, failedTests] = [tests('pass'), tests('inconclusive'), tests('fail')];
    const result = failedTests.length > 0 ? 'FAILED' : warnedTests.length > 0 ? 'WARNED' : 'PASSED';
    const configuration = [resource(`${plan.model}.rollout`, admission.digests.plan)];
    return { result, configuration, passedTests, warnedTests, failedTests };
  });
}

/** `beta/mail-lost`, `beta/mail-lost[mailType=list]`. */
function testName(stage: string, gate: string, slice: string | null): string {
  return `${stage}/${gate}${slice === null ? '' : `[${slice}]`}`;
}

function stageDecision(
  plan: Plan,
  admission: Admission,
  stage: string,
  passages: readonly Passage[],
): StageDecision | null {
  const entries = passages.map(({ entry }) => entry);
  const opened = entries.some(({ event, details }) => event === 'stageOpened' && details['stage'] === stage);
  if (!opened) return null;
  const raised = passages.filter(({ entry }) => entry.event === 'raised');
  const exposures = raised.flatMap((passage) => {
    const now = passages[passages.indexOf(passage) + 1]?.at ?? null;
    return now?.stage === stage ? [{ ...now.exposure, seq: passage.entry.seq }] : [];
  });
  const asked = entries.filter(({ event, details }) => event === 'requested' && details['stage'] === stage).at(-1);
  const verdicts = passages.filter((passage) => passage.entry.event === 'verdict' && stageOf(passage) === stage);
  const { plan: ofPlan, policy, baseline } = admission.digests;
  return {
    rolloutId: told(entries.find(({ event }) => event === 'started')?.details['rolloutId']),
    tenant: plan.tenant,
    stage,
    result: exposures.length > 0 ? 'raised' : 'notRaised',
    exposures,
    verdict: verdictOf(verdicts.at(-1)?.entry),
    assurance: admission.assurance,
    decisions: entries.flatMap((entry) => decisionOf(entry, stage)),
    request: asked ? { seq: asked.seq, evidence: told(asked.details['evidence']) } : null,
    plan: ofPlan,
    policy,
    baseline,
  };
}

function verdictOf(entry: JournalEntry | undefined): VerdictKind | null {
  const said = entry?.details['verdict'];
  return said === 'pass' || said === 'fail' ? said : said === undefined ? null : 'inconclusive';
}

function decisionOf({ event, seq, by, details }: JournalEntry, stage: string): StageDecision['decisions'] {
  if (event !== 'decided' || details['stage'] !== stage || by === null) return [];
  const { decision, assurance, key } = details;
  const named = typeof key === 'string' ? key : null;
  return [{ seq, by, decision: told(decision), assurance: told(assurance), key: named }];
}

function resource(name: string, digest: string): Resource {
  return { name, digest: { sha256: digest.replace(/^sha256:/, '') } };
}
