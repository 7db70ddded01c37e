/**
 * Exposure by a flagd definition file: what evaluators everywhere read, changed in one atomic rename per write.
 * Rules: flag-targeting.ts. What may be written over what: transitions.ts. Not sandbox-safe.
 */
import type { ExposureRead, ExposureState, ExposureTarget } from '../../workflows/contract/exposure.js';
import type { Exposure } from '../../workflows/contract/plan.js';
import { failure } from '../failures.js';
import type { ExposureStore } from './adapter.js';
import {
  defaultOf,
  type Found,
  findFlag,
  flagFor,
  isIntact,
  type Json,
  servesAsRecorded,
  taggedNames,
  withFlag,
} from './flag-document.js';
import { change, type FlagFile, load, rehearse, type StopPoint } from './flag-file.js';
import { type Census, estimateShare, type Question, takeCensus } from './golden-keys.js';
import { applied, renewed, restored, stateOf, supersedes, type Transition, UNTOUCHED } from './transitions.js';

export interface FlagdFileOptions {
  /** Clock of refusals, unix milliseconds; default the system's. Evaluators, and so reads, go by their own clock. */
  now?: () => number;
  /** Stop points of fault tests; default none. */
  reached?: (point: StopPoint) => void | Promise<void>;
  /** Longest time an evaluator takes to see a new file; default 5 s, the poll of flagd's JavaScript provider. */
  propagationMs?: number;
}

/** The store for one flag file. Failures: exposureConflict, exposureClosed, leaseLapsed, targetTaken, unsupported, exposureUnreachable. */
export function flagdFileStore(path: string, options: FlagdFileOptions = {}): ExposureStore {
  const { now = Date.now, reached = () => {}, propagationMs = 5000 } = options;
  const file: FlagFile = { path, reached };
  const step = (flag: string, decide: (found: Found) => Transition) => (document: Json) => {
    const transition = decide(findFlag(document, flag));
    const text = transition.kind === 'done' ? null : withFlag(document, flag, transition.flag);
    return { text, result: transition.state };
  };
  const found = async (target: ExposureTarget) => {
    const { document } = await load(file);
    return { document, found: findFlag(document, target.flag) };
  };
  return {
    describe: () => ({ propagationMs, lease: true, smallestShare: 0.00001, sticky: true, cohorts: true }),
    read: async (target) => readFlag(await found(target), target),
    apply: (order) =>
      change(
        file,
        'refuse',
        step(order.target.flag, (flag) => applied(flag, order, now())),
      ),
    verify: async (target, desired) => verifyFlag(await found(target), target, desired),
    snapshot: async (target) => `${JSON.stringify((await found(target)).found.flag, null, 2)}\n`,
    restoreToZero: (target, writeId) =>
      change(
        file,
        'lastGood',
        step(target.flag, (flag) => restored(flag, target, writeId)),
      ),
    renewLease: (target, revision, leaseUntilMs) =>
      change(
        file,
        'refuse',
        step(target.flag, (flag) => renewed(flag, { target, revision, leaseUntilMs }, now())),
      ),
    dryRunRestore: (target) => dryRun(file, target),
  };
}

interface Opened {
  document: Json;
  found: Found;
}

function readFlag({ document, found }: Opened, target: ExposureTarget): ExposureRead {
  const state = stateOf(found);
  const census = censusOf(document, target, [...state.cohorts, ...taggedNames(found.flag)]);
  const intended = state.mode === 'promoted' ? 1 - state.holdBack : state.share;
  const expected = censusOf(intendedDocument(target, state), target, state.cohorts);
  return {
    state,
    defaultVersion: defaultOf(found.flag),
    intact: isIntact(found),
    served: { share: estimateShare(census, expected, intended), cohorts: census.cohorts },
  };
}

/** Key by key, against what the desired exposure would serve under the same salt. */
function verifyFlag(
  { document, found }: Opened,
  target: ExposureTarget,
  desired: Exposure,
): { ok: boolean; served: { share: number; cohorts: string[] }; sentence: string } {
  const state = stateOf(found);
  const zero = desired.share === 0 && desired.cohorts.length === 0;
  if (zero && supersedes(found, target)) {
    const sentence = `${target.flag} belongs to ${state.rolloutId} by now; nothing of ${target.rolloutId} is in it.`;
    return { ok: true, served: { share: 0, cohorts: [] }, sentence };
  }
  const wanted: ExposureState = { ...state, mode: 'exposing', ...desired };
  const expected = censusOf(intendedDocument(target, wanted), target, desired.cohorts);
  const census = censusOf(document, target, [...desired.cohorts, ...state.cohorts, ...taggedNames(found.flag)]);
  const served = { share: estimateShare(census, expected, desired.share), cohorts: census.cohorts };
  const wrong = differences(found, census, expected, desired, state.mode === 'promoted');
  const serves = `${target.flag} serves ${percent(served.share)} and cohorts [${served.cohorts.join(', ')}]`;
  if (wrong.length === 0) return { ok: true, served, sentence: `${serves}, as asked.` };
  const asked = `asked ${percent(desired.share)} and [${desired.cohorts.join(', ')}]`;
  return { ok: false, served, sentence: `${serves}; ${asked}: ${wrong.join(', ')}.` };
}

function differences(found: Found, census: Census, expected: Census, desired: Exposure, promoted: boolean): string[] {
  const shareDiffers = census.byKey.some((candidate, index) => candidate !== expected.byKey[index]);
  const cohortsDiffer = [...census.cohorts].sort().join() !== [...new Set(desired.cohorts)].sort().join();
  const checks: [boolean, string][] = [
    [shareDiffers, 'other users get the candidate'],
    [cohortsDiffer, 'other cohorts get it'],
    [census.keyless && !promoted, 'users without a key get it'],
    [!servesAsRecorded(found), 'the flag is not what was written'],
  ];
  return checks.flatMap(([wrong, what]) => (wrong ? [what] : []));
}

/** What a state means, with no lease: a flag file of its own. */
function intendedDocument(target: ExposureTarget, state: ExposureState): Json {
  const { baselineVersion: baseline, candidateVersion: candidate, cohortAttribute } = target;
  const mode = state.mode;
  const versions = { baseline, candidate, cohortAttribute };
  return { flags: { [target.flag]: flagFor(null, { state: { ...state, mode, leaseUntilMs: null }, versions }) } };
}

function censusOf(document: Json, target: ExposureTarget, cohorts: string[]): Census {
  const { flag, candidateVersion, cohortAttribute } = target;
  const question: Question = { flag, candidateVersion, cohortAttribute, cohorts };
  try {
    return takeCensus(JSON.stringify(document), question);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw failure('exposureUnreachable', `evaluators cannot read the flag file and keep what they had: ${why}.`);
  }
}

/** The way back without taking it: decided, rendered, evaluated, written beside the file, thrown away. */
async function dryRun(file: FlagFile, target: ExposureTarget): Promise<void> {
  await rehearse(file, (document) => {
    const flag = findFlag(document, target.flag);
    const transition = restored(flag, target, 'dry-run');
    if (transition.kind === 'done') return { text: null, result: transition.state };
    const text = withFlag(document, target.flag, transition.flag);
    const after = JSON.parse(text) as Json;
    const check = verifyFlag({ document: after, found: findFlag(after, target.flag) }, target, {
      share: 0,
      cohorts: [],
    });
    if (!check.ok) throw failure('unsupported', `the way back would not work: ${check.sentence}`);
    return { text, result: UNTOUCHED };
  });
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}
