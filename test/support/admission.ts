/** What admission would have pinned, for tests of the pure rooms. */
import type { Admission } from '../../workflows/contract/activities.js';
import { PEOPLE } from './fake-activities.js';

export function anAdmission(change: Partial<Admission> = {}): Admission {
  const digest = 'sha256:x' as const;
  return {
    target: {
      tenant: 'mail',
      store: 'flags',
      flag: 'f',
      cohortAttribute: 'cohort',
      rolloutId: 'r-this',
      baselineVersion: 'a',
      candidateVersion: 'b',
    },
    baselineVersion: 'a',
    candidateVersion: 'b',
    digests: { plan: digest, policy: digest, platform: digest, candidate: digest, baseline: digest },
    people: PEOPLE,
    assurance: 'identity',
    actuator: 'in-process',
    breakGlass: null,
    evidenceMaxAgeMs: null,
    before: {
      state: {
        mode: 'serving',
        share: 0,
        cohorts: [],
        holdBack: 0,
        leaseUntilMs: null,
        onSilence: 'baseline',
        rolloutId: 'r-this',
        revision: 1,
        writeId: null,
        closedFor: null,
      },
      defaultVersion: 'a',
      intact: true,
      served: { share: 0, cohorts: [] },
    },
    propagationMs: 0,
    alias: 'production',
    notes: [],
    ...change,
  };
}
