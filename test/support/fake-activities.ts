/**
 * Activities for workflow tests: an exposure kept in memory with the fence of a real store, and a judge that says what
 * the test tells it. Everything a rollout asks for is written down in order.
 */
import { Context } from '@temporalio/activity';
import { failure, notYet } from '../../activities/failures.js';
import type {
  Admission,
  BakeInput,
  BakeResult,
  Conditions,
  RollbackActivities,
  RolloutActivities,
} from '../../workflows/contract/activities.js';
import type { ExposureState } from '../../workflows/contract/exposure.js';
import type { StepVerdict } from '../../workflows/contract/verdicts.js';

export const CLEAR: Conditions = {
  blind: [],
  splitBroken: false,
  labelsBroken: false,
  armWrong: null,
  editedDown: null,
};

export type Says = 'pass' | 'wait' | 'fail' | 'timeout' | Partial<Conditions>;

export interface FakeWorld {
  activities: RolloutActivities & RollbackActivities;
  /** What was asked, oldest first, e.g. `raise 0.25 staff`, `bake beta-0-1`, `guard`, `restore`. */
  calls: string[];
  exposure: ExposureState;
  /** What the judge answers to a look; by default pass in a bake and silence in a guard. */
  judge: (input: BakeInput) => Says;
  people: Admission['people'];
  /** Thrown once by the named activity. */
  failOnce: Map<string, Error>;
}

export function fakeWorld(change: Partial<Pick<FakeWorld, 'judge' | 'people'>> = {}): FakeWorld {
  const world: FakeWorld = {
    calls: [],
    exposure: {
      mode: 'serving',
      share: 0,
      cohorts: [],
      holdBack: 0,
      leaseUntilMs: null,
      onSilence: 'baseline',
      rolloutId: null,
      revision: 7,
      writeId: null,
      closedFor: null,
    },
    judge: change.judge ?? ((input) => (input.mode === 'bake' ? 'pass' : 'wait')),
    people: change.people ?? PEOPLE,
    failOnce: new Map(),
    activities: {} as FakeWorld['activities'],
  };
  world.activities = activitiesOf(world);
  return world;
}

export const PEOPLE: Admission['people'] = [
  { id: 'ada', kind: 'human', roles: ['modelOwner'] },
  { id: 'bob', kind: 'human', roles: ['modelOwner', 'risk'] },
  { id: 'eve', kind: 'human', roles: ['risk'] },
  { id: 'robot', kind: 'service', roles: ['modelOwner', 'risk'] },
  { id: 'zoe', kind: 'human', roles: ['product'] },
];

const DIGEST = (letter: string): `sha256:${string}` => `sha256:${letter.repeat(64)}`;

export function verdictOf(kind: StepVerdict['verdict'], sentence = `it is a ${kind}`): StepVerdict {
  return {
    verdict: kind,
    decidedBy: kind === 'fail' ? { gate: 'errors-low', slice: null } : null,
    gates: [],
    split: { broken: false, p: 1, expectedShare: 0.25, observedShare: 0.25, sentence: 'split as planned' },
    asOfMs: 1_000,
    sinceMs: 1_000,
    sentence,
  };
}

function activitiesOf(world: FakeWorld): FakeWorld['activities'] {
  const note = (call: string): void => {
    world.calls.push(call);
    const error = world.failOnce.get(call.split(' ')[0] ?? '');
    world.failOnce.delete(call.split(' ')[0] ?? '');
    if (error) throw error;
  };
  return {
    admit: async ({ plan, tenant, planDigest, rolloutId }) => {
      note('admit');
      return {
        target: {
          tenant,
          store: plan.target.store,
          flag: plan.target.flag,
          cohortAttribute: plan.target.cohortAttribute,
          rolloutId,
          baselineVersion: 'rules-1',
          candidateVersion: plan.candidate.version,
        },
        baselineVersion: 'rules-1',
        candidateVersion: plan.candidate.version,
        digests: {
          plan: planDigest,
          policy: DIGEST('b'),
          platform: DIGEST('c'),
          candidate: DIGEST('d'),
          baseline: DIGEST('e'),
        },
        people: world.people,
        assurance: 'identity',
        actuator: 'in-process',
        breakGlass: null,
        evidenceMaxAgeMs: null,
        before: { state: world.exposure, defaultVersion: 'rules-1', intact: true, served: { share: 0, cohorts: [] } },
        propagationMs: 0,
        alias: 'production',
        notes: [],
      };
    },
    freezeEvidence: async ({ stage, journal }) => {
      note(`freeze ${stage}`);
      return { evidence: DIGEST('f'), exportedSeq: journal.at(-1)?.seq ?? 0 };
    },
    raiseExposure: async (input) => {
      note(`raise ${input.exposure.share} ${input.exposure.cohorts.join('+')}`);
      const found = world.exposure;
      if (found.closedFor === input.rolloutId) throw failure('exposureClosed', 'closed by a rollback');
      if (found.writeId !== input.writeId) {
        if (found.revision !== input.expectedRevision)
          throw failure('exposureConflict', 'somebody wrote', [found.revision]);
        const { exposure, writeId, rolloutId } = input;
        world.exposure = { ...found, mode: 'exposing', ...exposure, revision: found.revision + 1, writeId, rolloutId };
      }
      return { state: world.exposure, verifiedAtMs: Date.now(), served: input.exposure };
    },
    bake: async (input) => look(world, input, note),
    promote: async (input) => {
      note(`promote ${input.holdBack}`);
      if (world.exposure.revision !== input.expectedRevision)
        throw failure('exposureConflict', 'somebody wrote', [world.exposure.revision]);
      world.exposure = {
        ...world.exposure,
        mode: 'promoted',
        holdBack: input.holdBack,
        revision: world.exposure.revision + 1,
      };
      return { state: world.exposure };
    },
    settle: async ({ holdBack }) => {
      note(`settle ${holdBack}`);
      world.exposure = { ...world.exposure, mode: 'promoted', holdBack, revision: world.exposure.revision + 1 };
      return { state: world.exposure };
    },
    announce: async ({ type }) => note(`announce ${type}`),
    closeRollout: async ({ outcome }) => note(`close ${outcome}`),
    restoreBaseline: async ({ ref }) => {
      note('restore');
      const revision = world.exposure.revision + 1;
      world.exposure = {
        ...world.exposure,
        mode: 'serving',
        share: 0,
        cohorts: [],
        revision,
        closedFor: ref.rolloutId,
      };
      return { state: world.exposure, safeAtMs: Date.now(), before: null };
    },
    restoreAlias: async () => {
      note('restoreAlias');
      return { moved: true, sentence: 'moved back' };
    },
    confirmZero: async () => {
      note('confirmZero');
      return { how: 'traffic', atMs: Date.now(), sentence: 'zero observed' };
    },
  };
}

async function look(world: FakeWorld, input: BakeInput, note: (call: string) => void): Promise<BakeResult> {
  if (Context.current().info.attempt === 1) note(`${input.mode} ${input.key}`);
  const says = world.judge(input);
  const observed = { share: input.exposure.share, how: 'traffic' as const };
  const common = { conditions: input.known, observed, state: world.exposure, detectedAtMs: null, windows: 3 };
  if (world.exposure.closedFor === input.rolloutId) return { ...common, kind: 'closed', verdict: null };
  if (says === 'fail')
    return { ...common, kind: 'fail', verdict: verdictOf('fail', 'errors doubled'), detectedAtMs: Date.now() - 500 };
  if (typeof says === 'object') {
    const conditions = { ...CLEAR, ...says };
    if (JSON.stringify(conditions) === JSON.stringify(input.known)) throw notYet('unchanged', 200);
    return { ...common, kind: 'conditions', conditions, verdict: verdictOf('inconclusive') };
  }
  const clear = JSON.stringify(CLEAR) === JSON.stringify(input.known);
  if (!clear) return { ...common, kind: 'conditions', conditions: CLEAR, verdict: verdictOf('inconclusive') };
  if (says === 'pass' && input.mode === 'bake') return { ...common, kind: 'pass', verdict: verdictOf('pass') };
  if (says === 'timeout' || (input.deadlineMs !== null && Date.now() >= input.deadlineMs)) {
    return { ...common, kind: 'timeout', verdict: verdictOf('inconclusive', 'too few units') };
  }
  throw notYet('still looking', 200);
}
