/** Exactly what to type, for whom. Pure. */
import type { Standing } from '../standing.js';

export interface Way {
  who: string;
  command: string;
  effect: string;
}

const ENDED: readonly string[] = ['completed', 'rolledBack', 'cancelled', 'refused'];

/** Every way a person can move this rollout now, likeliest first; rolling back is always among them while it runs. */
export function ways(standing: Standing): Way[] {
  const { view, ending, model } = standing;
  if (ending || ENDED.includes(standing.status)) return [];
  const name = standing.tenant === '' ? model : `${model} --tenant ${standing.tenant}`;
  const back: Way = {
    who: 'anyone',
    command: `sluice rollback ${name} --reason "..."`,
    effect: 'everyone back on the baseline',
  };
  if (!standing.heard.temporal || !standing.heard.worker) {
    return [
      ...starting(standing),
      back,
      { ...back, command: `sluice rollback ${name} --direct`, effect: 'the same, through the flag itself' },
    ];
  }
  if (!view || view.lowering) return view ? [] : [back];
  return [...deciding(standing, name), ...holding(standing, name), back];
}

function starting(standing: Standing): Way[] {
  const { temporal } = standing.heard;
  const command = temporal ? 'sluice worker' : 'sluice dev';
  const effect = temporal
    ? 'a worker goes on where the last one stopped'
    : 'Temporal and a worker come back; the rollout reads the flag first';
  return [{ who: 'platform team', command, effect }];
}

function deciding({ view }: Standing, name: string): Way[] {
  if (!view?.request) return [];
  const { requestId, stage, rules } = view.request;
  const who = view.awaited.length > 0 ? view.awaited.join(', ') : rules.map((rule) => rule.role).join(', ');
  const me = view.assurance === 'identity' ? '--as NAME' : '--as NAME --key FILE';
  const yeses = view.decisions.filter((each) => each.requestId === requestId && each.decision === 'approve');
  const revoke = {
    who: yeses.map(({ by }) => by).join(', '),
    command: `sluice revoke ${name} --request ${requestId} ${me}`,
    effect: 'takes a yes back, until exposure rises',
  };
  return [
    { who, command: `sluice approve ${name} --request ${requestId} ${me}`, effect: `a yes to stage ${stage}` },
    {
      who,
      command: `sluice reject ${name} --request ${requestId} ${me} --reason "..."`,
      effect: `a no to stage ${stage}`,
    },
    ...(yeses.length > 0 ? [revoke] : []),
  ];
}

const ASKS_ANEW: readonly string[] = ['rejected', 'approvalTimeout', 'quorumLost'];

function holding({ view }: Standing, name: string): Way[] {
  if (!view) return [];
  const causes = view.holds.map((hold) => hold.cause);
  // The judge lifts its own holds, and a freeze ends by the calendar alone.
  const lift = view.holds.some((hold) => hold.class !== 'judge' && hold.cause !== 'frozen');
  const anew = causes.some((cause) => ASKS_ANEW.includes(cause));
  return [
    ...(causes.includes('timeout')
      ? [{ who: 'anyone', command: `sluice extend ${name}`, effect: 'the bake gets its full time again' }]
      : []),
    ...(lift
      ? [
          {
            who: 'anyone',
            command: `sluice resume ${name}`,
            effect: anew ? 'opens the next request' : 'goes back to the judge, never past it',
          },
        ]
      : []),
    ...(view.holds.length === 0
      ? [
          {
            who: 'anyone',
            command: `sluice hold ${name} --reason "..."`,
            effect: 'nothing rises; gates and guards go on',
          },
        ]
      : []),
  ];
}
