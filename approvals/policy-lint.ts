/** What is wrong with a policy as a whole: names twice, roles nobody holds, keys of two people, spans that end too early. Pure. */
import type { Finding, Path } from '../plan/problem.js';
import type { FreezeTime, Policy, PolicyKey } from './policy.js';
import { matchQuorum } from './quorum.js';

export function lintPolicy(policy: Policy): Finding[] {
  return [
    ...repeatedNames(policy),
    ...emptyRoles(policy),
    ...sharedKeys(policy),
    ...keyDates(policy),
    ...spans(policy),
    ...emergencies(policy),
  ];
}

/** A second entry would win or lose by its place in the file; two models on one flag would undo each other. */
function repeatedNames({ people, models, freezes, logs }: Policy): Finding[] {
  const lists: [names: string[], list: string, key: string, what: string][] = [
    [people.map(({ id }) => id), 'people', 'id', 'person'],
    [models.map(({ model }) => model), 'models', 'model', 'model'],
    [models.map(({ target }) => target), 'models', 'target', 'target'],
    [freezes.map(({ name }) => name), 'freezes', 'name', 'freeze'],
    [logs.map(({ name }) => name), 'logs', 'name', 'log'],
  ];
  return lists.flatMap(([names, list, key, what]) => {
    const again = [...names.entries()].filter(([index, name]) => names.indexOf(name) < index);
    return again.map(([index, name]) => ({
      code: 'repeatedName',
      path: [list, index, key],
      message: `${what} \`${name}\` stands here a second time`,
      remedy: 'keep one entry for each',
    }));
  });
}

function emptyRoles({ people, floor }: Policy): Finding[] {
  const held = new Set(people.filter(({ kind }) => kind === 'human').flatMap(({ roles }) => roles));
  return Object.entries(floor).flatMap(([tier, stages]) =>
    Object.entries(stages).flatMap(([stage, rules]) =>
      [...rules.entries()].flatMap(([index, { role }]): Finding[] => {
        if (held.has(role)) return [];
        const message = `no human holds the role \`${role}\`, so no ${tier} rollout could ever pass ${stage}`;
        const path = ['floor', tier, stage, index, 'role'];
        return [{ code: 'emptyRole', path, message, remedy: 'give somebody the role, or ask for one that is held' }];
      }),
    ),
  );
}

/** One fingerprint, one owner: else one signature would be two people, or a person could vouch for the log. */
function sharedKeys({ people, logs }: Policy): Finding[] {
  const listed: { fingerprint: string; owner: string; path: Path }[] = [
    ...people.flatMap(({ id, keys }, index) =>
      keys.map(({ fingerprint }, at) => ({ fingerprint, owner: id, path: ['people', index, 'keys', at] })),
    ),
    ...logs.map(({ fingerprint, name }, index) => ({
      fingerprint,
      owner: `log ${name}`,
      path: ['logs', index, 'key'],
    })),
  ];
  return listed.flatMap(({ fingerprint, owner, path }, index): Finding[] => {
    const first = listed.findIndex((other) => other.fingerprint === fingerprint);
    const before = first < index && fingerprint !== '' ? listed[first] : undefined;
    if (!before) return [];
    const message = `key ${fingerprint} of ${owner} stands here already, as one of ${before.owner}`;
    return [{ code: 'sharedKey', path, message, remedy: 'list each key once; everybody needs one of their own' }];
  });
}

function keyDates({ people }: Policy): Finding[] {
  return people.flatMap(({ keys }, index) =>
    keys.flatMap(({ validFromMs, validToMs, revokedAtMs, revokedWhy }: PolicyKey, at): Finding[] => {
      const path = ['people', index, 'keys', at];
      if (validFromMs !== null && validToMs !== null && validToMs <= validFromMs) {
        const message = 'the key ends before it begins, so nothing it signs can ever count';
        return [{ code: 'keyDates', path: [...path, 'validTo'], message, remedy: 'write a later `validTo`' }];
      }
      if (revokedAtMs !== null || revokedWhy === null) return [];
      const message = '`reason` says why a key was revoked, and this one is not';
      return [{ code: 'keyDates', path: [...path, 'reason'], message, remedy: 'add `revokedAt`, or remove it' }];
    }),
  );
}

function spans({ freezes }: Policy): Finding[] {
  return freezes.flatMap(({ name, deny, allow }, index): Finding[] => {
    const own = [
      ...deny.map((span, at) => ['deny', span, at] as const),
      ...allow.map((span, at) => ['allow', span, at] as const),
    ];
    if (own.length === 0) {
      const message = `freeze \`${name}\` names no time, so it would never hold`;
      return [{ code: 'emptyFreeze', path: ['freezes', index, 'name'], message, remedy: 'add `deny` or `allow`' }];
    }
    return own.flatMap(([list, span, at]) => {
      const message = wrongSpan(span);
      const remedy = 'write both ends alike, the later one second, like { from: Fri 16:00, to: Mon 08:00 }';
      return message === null ? [] : [{ code: 'freezeTimes', path: ['freezes', index, list, at], message, remedy }];
    });
  });
}

function wrongSpan(span: FreezeTime): string | null {
  if (span.kind === 'weekly') {
    const same = span.from.weekday === span.to.weekday && span.from.minute === span.to.minute;
    return same ? 'the span ends when it begins' : null;
  }
  if (!/^\d{4}-/.test(span.from) || !/^\d{4}-/.test(span.to)) return 'one end is of each week and the other is a date';
  return span.from < span.to ? null : 'the span ends before it begins';
}

/**
 * An emergency quorum that one person fills is no quorum, and one that nobody can fill is no way out. Emergencies and their
 * reviews are signed whatever the tier, so people without any key are none here.
 */
function emergencies({ breakGlass, people }: Policy): Finding[] {
  if (!breakGlass) return [];
  const signers = people.filter(({ kind, keys }) => kind === 'human' && keys.length > 0);
  const slots = breakGlass.rules.reduce((sum, { min }) => sum + min, 0);
  const { satisfied, open } = matchQuorum(breakGlass.rules, signers);
  const path = ['breakGlass', 'rules'];
  const found: Finding[] = [];
  if (slots < 2) {
    const message = 'one person alone could break the glass';
    found.push({ code: 'breakGlassQuorum', path, message, remedy: 'ask for two people at least, like `min: 2`' });
  }
  if (!satisfied) {
    const message = `nobody with a key is left for ${open.join(', ')}, so no emergency could ever be approved`;
    const remedy = 'give somebody the role and a key, or ask for a role that is held';
    found.push({ code: 'breakGlassQuorum', path, message, remedy });
  }
  if (!signers.some(({ roles }) => roles.includes(breakGlass.reviewRole))) {
    const message = `no human with a key holds the role \`${breakGlass.reviewRole}\`, so no emergency start could be reviewed`;
    const remedy = 'give somebody the role and a key, or name a role that is held';
    found.push({ code: 'emptyRole', path: ['breakGlass', 'reviewRole'], message, remedy });
  }
  return found;
}
