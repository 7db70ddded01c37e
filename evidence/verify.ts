/**
 * Is a bundle what it claims to be? Offline, from its bytes and the root keys an auditor brings along; one line for each
 * check. Pure: no network, no clock, no Temporal.
 */
import type { PublicKey } from '../approvals/ssh-key.js';
import { EXIT } from '../workflows/contract/errors.js';
import { unpack } from './archive.js';
import { evidenceIn } from './bundle.js';
import { contentChecks } from './checks/contents.js';
import { decisionChecks } from './checks/decisions.js';
import { emergencyChecks } from './checks/emergency.js';
import { historyChecks } from './checks/history.js';
import { journalChecks } from './checks/journal.js';
import { limitNotes } from './checks/limits.js';
import { type Case, type Check, count, type Line } from './checks/line.js';
import { policyChecks, policyOf } from './checks/policy.js';
import { raiseChecks } from './checks/raises.js';
import { statementChecks } from './checks/statements.js';
import { verdictChecks } from './checks/verdicts.js';
import { readDossier } from './dossier.js';
import { rolloutIdOf } from './readme.js';
import { walk } from './walk.js';

export type { Line, LineState } from './checks/line.js';

export interface Verification {
  /** 0 valid; 20 invalid: a line says what; 21 nothing is wrong, but a part or the anchor is missing. */
  exit: typeof EXIT.done | typeof EXIT.evidenceInvalid | typeof EXIT.evidenceIncomplete;
  /** What the bundle says it is about; null when it cannot be opened. */
  about: { rolloutId: string; tenant: string; model: string; candidate: string; outcome: string | null } | null;
  lines: Line[];
}

const CHECKS: readonly Check[] = [
  ...contentChecks,
  ...policyChecks,
  ...emergencyChecks,
  ...journalChecks,
  ...decisionChecks,
  ...raiseChecks,
  ...verdictChecks,
  ...historyChecks,
  ...statementChecks,
  ...limitNotes,
];

/** `trust`: public keys of policy roots that came by another way than the bundle; null: none. Never throws. */
export async function verifyBundle(bytes: Uint8Array, trust: readonly PublicKey[] | null): Promise<Verification> {
  const opened = await unpack(bytes);
  if (opened.kind === 'refused') {
    const line: Line = { check: 'archive', state: 'invalid', sentence: opened.why };
    return { exit: EXIT.evidenceInvalid, about: null, lines: [line] };
  }
  const bundle = open(opened.files, trust);
  const whole = `${count(opened.files.size, 'file')}, packed as Sluice packs them`;
  const archive: Line = { check: 'archive', state: 'ok', sentence: whole };
  const lines = [archive, ...CHECKS.flatMap((check) => run(check, bundle))];
  return { exit: exitOf(lines), about: aboutOf(bundle), lines };
}

function open(files: ReadonlyMap<string, Uint8Array>, trust: readonly PublicKey[] | null): Case {
  const dossier = readDossier(evidenceIn(files));
  const { plan, entries, admission } = dossier;
  const passages = attempt(() => (plan ? walk(plan, entries) : [])) ?? [];
  const isSigned = admission !== null && admission.assurance !== 'identity';
  const hasEnded = entries.some(({ event }) => event === 'ended');
  return { files, dossier, policy: attempt(() => policyOf(dossier)), trust, passages, isSigned, hasEnded };
}

/** Evidence that somebody made up may break any assumption; that is a finding, not an error of this program. */
function run({ name, find }: Check, bundle: Case): Line[] {
  try {
    return find(bundle).map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return [{ check: name, state: 'invalid', sentence: `the evidence is not of the form that Sluice writes: ${why}` }];
  }
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Invalid beats incomplete. */
function exitOf(lines: readonly Line[]): Verification['exit'] {
  if (lines.some(({ state }) => state === 'invalid')) return EXIT.evidenceInvalid;
  return lines.some(({ state }) => state === 'incomplete') ? EXIT.evidenceIncomplete : EXIT.done;
}

function aboutOf({ dossier }: Case): Verification['about'] {
  const { plan, outcome } = dossier;
  if (!plan) return null;
  const { tenant, model, candidate } = plan;
  const told = typeof outcome?.outcome === 'string' ? outcome.outcome : null;
  return {
    rolloutId: rolloutIdOf(dossier),
    tenant: String(tenant),
    model: String(model),
    candidate: String(candidate?.version),
    outcome: told,
  };
}
