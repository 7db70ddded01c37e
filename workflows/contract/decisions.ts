/**
 * Requests and signed decisions on the wire: what an approver is asked, what an answer says, what the check of an answer
 * says. Sandbox-safe: types and constants only.
 */
import type { ErrorCode } from './errors.js';
import type { Digest, Exposure, RiskTier } from './plan.js';
import type { VerdictKind } from './verdicts.js';

/** `identity`: the sender's word, in development mode only. `signed`: by a key the policy lists; `hardware`: by an `sk-` key. */
export type Assurance = 'identity' | 'signed' | 'hardware';

/** What a person means by an answer. Each is signed under a namespace of its own, so a signature never changes its meaning. */
export type DecisionKind = 'approve' | 'reject' | 'revoke';

/** A gate as an approver is shown it: part of the request, so part of what is signed. */
export interface ShownGate {
  gate: string;
  slice: string | null;
  verdict: VerdictKind;
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  sentence: string;
}

/** What an approver is asked; fixes everything a yes stands for. Plain JSON with a canonical form (RFC 8785). */
export interface Request {
  version: 1;
  requestId: string;
  tenant: string;
  model: string;
  rolloutId: string;
  /** Of the first run, whatever continue-as-new made of it. */
  firstRunId: string;
  runId: string;
  stage: string;
  /** Which request of this stage, from 1. */
  attempt: number;
  candidateVersion: string;
  baselineVersion: string;
  digests: { plan: Digest; policy: Digest; candidate: Digest; baseline: Digest; evidence: Digest };
  /** In force when the request opened. */
  exposureBefore: Exposure;
  /** Exactly what a yes allows, in order. */
  steps: Exposure[];
  exposureCap: Exposure;
  rules: { role: string; min: number }[];
  excluded: string[];
  /** At most SHOWN_GATES; the evidence digest covers them all. */
  shown: ShownGate[];
  openedAtMs: number;
  expiresAtMs: number;
  /** Drawn when the request opens: no answer can have been made before. */
  challenge: string;
  /** Newest entry of the journal when the request opened: a signature anchors what came before it. */
  journalSeq: number;
  journalHead: Digest;
}

export const SHOWN_GATES = 40;

/** What an approver signs: the canonical JSON of this. */
export interface DecisionStatement {
  version: 1;
  decision: DecisionKind;
  request: Request;
  /** Id of the person in the policy. */
  by: string;
  /** Fingerprint of the key, `SHA256:...` as ssh-keygen prints it. */
  key: string;
  reason: string | null;
  issuedAtMs: number;
}

/** The exact text that was signed, and the armored SSHSIG over its UTF-8 bytes. */
export interface Signed {
  statement: string;
  signature: string;
}

/** Longest statement and longest armored signature taken, in characters. */
export const STATEMENT_LIMIT = 96_000;
export const SIGNATURE_LIMIT = 4_000;

/** How far the clock of an approver may be ahead of or behind the workflow's. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** SSHSIG namespaces, one per meaning. */
export const NAMESPACES = {
  approve: 'approve.v1@sluice',
  reject: 'reject.v1@sluice',
  revoke: 'revoke.v1@sluice',
  breakGlass: 'break-glass.v1@sluice',
  review: 'review.v1@sluice',
  start: 'start.v1@sluice',
  policy: 'policy.v1@sluice',
  checkpoint: 'checkpoint.v1@sluice',
} as const;

/** What the workflow's door asks of the check, as a local activity. */
export interface CheckDecisionInput extends Signed {
  tenant: string;
  /** The verb it came as; the statement and the namespace must say the same. */
  verb: DecisionKind;
  /** The open request, as the workflow holds it. */
  request: Request;
  /** The plan's own risk tier, which may ask for more than the policy's for the model. */
  risk: RiskTier;
  /** Workflow time of the check, unix milliseconds. */
  atMs: number;
}

export type DecisionCheck =
  | {
      kind: 'valid';
      by: string;
      key: string;
      assurance: 'signed' | 'hardware';
      reason: string | null;
      issuedAtMs: number;
      statementDigest: Digest;
    }
  | { kind: 'refused'; code: ErrorCode; sentence: string };

/** Why a stage's exposure may rise: the request and the answers that satisfied it, for whoever checks again. */
export interface Mandate {
  request: Request;
  /** In order of acceptance, with the workflow time of each; empty under identity assurance. */
  decisions: (Signed & { by: string; atMs: number })[];
}

/** Who started it, signed under NAMESPACES.start: the canonical JSON of this. */
export interface StartStatement {
  version: 1;
  tenant: string;
  model: string;
  rolloutId: string;
  plan: Digest;
  by: string;
  key: string;
  issuedAtMs: number;
  breakGlass: BreakGlass | null;
}

/** An emergency: what is waived, and why. Each of its approvers signs a StartStatement under NAMESPACES.breakGlass. */
export interface BreakGlass {
  reasonCode: string;
  reason: string;
  /** Gates that need not pass. They may still roll back. */
  waive: string[];
}

/** What a reviewer signs under NAMESPACES.review: the canonical JSON of this. */
export interface ReviewStatement {
  version: 1;
  tenant: string;
  model: string;
  rolloutId: string;
  /** What the review found, in the reviewer's words. */
  finding: string;
  by: string;
  /** Fingerprint, `SHA256:...`. */
  key: string;
  issuedAtMs: number;
}

/** Signed by a log key under NAMESPACES.checkpoint: the canonical JSON of this. */
export interface Checkpoint {
  version: 1;
  tenant: string;
  rolloutId: string;
  /** Entries covered: seq 1 to `size`. */
  size: number;
  head: Digest;
  /** Over everything kept but caches and checkpoints, at this time. */
  evidence: Digest;
  atMs: number;
  /** Set on the last one: the rollout has ended. */
  final: boolean;
}

/** Digest before the first entry. */
export const GENESIS: Digest = `sha256:${'0'.repeat(64)}`;
