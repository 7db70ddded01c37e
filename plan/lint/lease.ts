/** Lint: a lease that outlives the pauses between the polls that renew it. */
import type { Finding } from '../problem.js';
import { ms, type Rule } from './context.js';

/** A lease must bear two missed polls, or one slow attempt would send every user back. */
const POLLS = 3;

export const leaseOutlivesPolls: Rule = ({ plan }) => {
  const leaseMs = ms(plan.lease.for);
  const pauses = [
    ...Object.entries(plan.sources).map(([name, { window }]) => ({
      text: `a window of ${window} of source \`${name}\``,
      ms: ms(window),
    })),
    { text: `guardEvery of ${plan.guardEvery}`, ms: ms(plan.guardEvery) },
  ];
  const longest = pauses.reduce((most, pause) => (pause.ms > most.ms ? pause : most));
  const path = ['lease', 'for'];
  if (leaseMs === 0 || leaseMs % 1000 !== 0) {
    return [
      {
        code: 'leaseSeconds',
        path,
        message: `a lease of ${plan.lease.for} cannot be kept: stores count whole seconds`,
        remedy: 'write whole seconds, like `for: 15m`',
      },
    ];
  }
  if (leaseMs >= POLLS * longest.ms) return [];
  const message = `a lease of ${plan.lease.for} is shorter than ${POLLS} polls (${longest.text}), so one slow poll would send everyone back`;
  return [{ code: 'leaseTooShort', path, message, remedy: 'lengthen the lease, or shorten the pause' }];
};

export const silenceOnPurpose: Rule = ({ plan }): Finding[] =>
  plan.lease.onSilence === 'baseline'
    ? []
    : [
        {
          code: 'keepsOnSilence',
          warning: true,
          path: ['lease', 'onSilence'],
          message: 'with `keep`, users stay on the candidate when everything that watches it is dead',
          remedy: 'write `baseline` unless the old model is the greater danger',
        },
      ];
