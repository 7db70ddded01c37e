/** A written policy with every default filled in, and what its keys have against them. Pure. */
import { parseDuration, parseShare } from '../plan/quantities.js';
import type { Finding, Path } from '../plan/problem.js';
import type { ApprovalRule, Digest } from '../workflows/contract/plan.js';
import type { FreezeTime, FreezeWindow, Policy, PolicyKey, StageFloor, TierRules } from './policy.js';
import type { WrittenPolicy } from './policy-schema.js';
import { parsePublicKey } from './ssh-key.js';

export interface FilledPolicy {
  policy: Policy;
  /** Keys that cannot be read, or would prove nothing. */
  findings: Finding[];
}

export function fillPolicy(written: WrittenPolicy): FilledPolicy {
  const findings: Finding[] = [];
  const { version, serial, prev, demo, people, models, floor, tiers, freezes, breakGlass, logs } = written;
  const policy: Policy = {
    version,
    serial,
    demo: demo ?? false,
    prev: (prev as Digest | undefined) ?? null,
    people: people.map(({ keys, ...person }, index) => ({
      ...person,
      keys: (keys ?? []).map((key, at) => fillKey(key, ['people', index, 'keys', at], findings)),
    })),
    models: models.map(({ gates, ...model }) => ({ ...model, gates: (gates ?? {}) as Record<string, Digest> })),
    floor: { low: fillFloor(floor.low), medium: fillFloor(floor.medium), high: fillFloor(floor.high) },
    tiers: { low: fillTier(tiers?.low), medium: fillTier(tiers?.medium), high: fillTier(tiers?.high) },
    freezes: (freezes ?? []).map(fillFreeze),
    breakGlass: breakGlass
      ? {
          rules: fillRules(breakGlass.rules),
          reasonCodes: breakGlass.reasonCodes,
          cap: parseShare(breakGlass.cap) ?? 0,
          reviewWithinMs: parseDuration(breakGlass.reviewWithin ?? '48h') ?? 0,
          reviewRole: breakGlass.reviewRole,
        }
      : null,
    logs: (logs ?? []).map(({ name, key }, index) => {
      const { key: line, fingerprint } = fillKey(key, ['logs', index, 'key'], findings);
      return { name, key: line, fingerprint };
    }),
  };
  return { policy, findings };
}

type WrittenKey = NonNullable<WrittenPolicy['people'][number]['keys']>[number];

function fillKey(written: WrittenKey, path: Path, findings: Finding[]): PolicyKey {
  const dated = typeof written === 'string' ? { key: written } : written;
  const reading = parsePublicKey(dated.key);
  if (reading.kind === 'bad') {
    const at = typeof written === 'string' ? path : [...path, 'key'];
    const remedy = 'write what `ssh-keygen -t ed25519` (or ed25519-sk, ecdsa) put into its `.pub` file';
    findings.push({ code: reading.code === 'weakKey' ? 'weakKey' : 'badKey', path: at, message: reading.why, remedy });
  }
  const { line, fingerprint, hardware } =
    reading.kind === 'key' ? reading.key : { line: dated.key, fingerprint: '', hardware: false };
  return {
    key: line,
    fingerprint,
    hardware,
    validFromMs: momentOf(dated.validFrom),
    validToMs: momentOf(dated.validTo),
    revokedAtMs: momentOf(dated.revokedAt),
    revokedWhy: dated.reason ?? null,
  };
}

function momentOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}

function fillFloor(floor: WrittenPolicy['floor']['low']): StageFloor {
  return Object.fromEntries(Object.entries(floor ?? {}).map(([stage, rules]) => [stage, fillRules(rules)]));
}

function fillRules(rules: readonly { role: string; min?: number | undefined }[]): ApprovalRule[] {
  return rules.map(({ role, min }) => ({ role, min: min ?? 1 }));
}

function fillTier(tier: NonNullable<WrittenPolicy['tiers']>['low']): TierRules {
  return {
    assurance: tier?.assurance ?? 'identity',
    requiredKinds: tier?.requires ?? {},
    capBeforeApproval: parseShare(tier?.capBeforeApproval ?? '100%') ?? 1,
    evidenceMaxAgeMs: tier?.evidenceMaxAge === undefined ? null : parseDuration(tier.evidenceMaxAge),
  };
}

function fillFreeze(freeze: NonNullable<WrittenPolicy['freezes']>[number]): FreezeWindow {
  const { name, zone, deny, allow, tenants, reason } = freeze;
  return {
    name,
    zone,
    deny: (deny ?? []).map(spanOf),
    allow: (allow ?? []).map(spanOf),
    tenants: tenants ?? null,
    reason,
  };
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A span whose ends are of two kinds is no span; the lint has said so. */
function spanOf({ from, to }: { from: string; to: string }): FreezeTime {
  const [begins, ends] = [weekly(from), weekly(to)];
  if (begins && ends) return { kind: 'weekly', from: begins, to: ends };
  return { kind: 'dates', from: from.replace(' ', 'T'), to: to.replace(' ', 'T') };
}

function weekly(text: string): { weekday: number; minute: number } | null {
  const [day = '', time = ''] = text.split(' ');
  const weekday = WEEKDAYS.indexOf(day) + 1;
  return weekday === 0 ? null : { weekday, minute: Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) };
}
