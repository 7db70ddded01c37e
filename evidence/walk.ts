/**
 * The journal walked along the plan: which exposure was in force at each entry, what had passed, who had said yes. Pure.
 */
import type { Mandate, Request } from '../workflows/contract/decisions.js';
import type { JournalEntry } from '../workflows/contract/journal.js';
import type { Exposure, Plan } from '../workflows/contract/plan.js';
import { object, signed, told } from './dossier.js';

/** One exposure of the plan. */
export interface Place {
  stage: string;
  step: number;
  /** Among all steps of the plan, from 0. */
  index: number;
  exposure: Exposure;
}

export interface Passage {
  entry: JournalEntry;
  /** In force before the entry; null: nothing has been raised yet. */
  at: Place | null;
  /** The step in force has had its pass. */
  passed: boolean;
  isLowering: boolean;
  isPromoted: boolean;
  /** Of a raise: what it asks for; null when the plan has no such step. */
  to: Place | null;
  /** Of a raise: the exposure in force is written again, after an edit by hand. */
  isAgain: boolean;
  /** The open request at this entry, its deadline moved by the time held. */
  request: Request | null;
  /** Answers that stand behind the stage being raised; null where nobody was asked. */
  mandate: (Mandate & { unsigned: string[] }) | null;
}

export function placesOf(plan: Plan): Place[] {
  const steps = plan.stages.flatMap(({ name, steps: own }) =>
    own.map((exposure, step) => ({ stage: name, step, exposure })),
  );
  return steps.map((step, index) => ({ ...step, index }));
}

interface Position {
  at: Place | null;
  passed: boolean;
  isLowering: boolean;
  isPromoted: boolean;
  /** Of the raise that has begun and is not confirmed. */
  pending: { to: Place | null; isAgain: boolean } | null;
  open: Passage['mandate'];
  mandate: Passage['mandate'];
  /** Causes of the holds that stand, and since when at least one has. */
  holds: string[];
  heldSinceMs: number;
}

const START: Position = {
  at: null,
  passed: false,
  isLowering: false,
  isPromoted: false,
  pending: null,
  open: null,
  mandate: null,
  holds: [],
  heldSinceMs: 0,
};

export function walk(plan: Plan, entries: readonly JournalEntry[]): Passage[] {
  const places = placesOf(plan);
  let position = START;
  return entries.map((entry) => {
    const before = position;
    position = after(places, before, entry);
    const { at, passed, isLowering, isPromoted } = before;
    const { to, isAgain } = entry.event === 'raising' ? aimOf(places, before, entry) : NOWHERE;
    const request = openAt(before, entry.atMs);
    return { entry, at, passed, isLowering, isPromoted, to, isAgain, request, mandate: position.mandate };
  });
}

/** A request does not age while the rollout is held. */
function openAt({ open, holds, heldSinceMs }: Position, atMs: number): Request | null {
  if (!open) return null;
  const heldMs = holds.length > 0 ? atMs - heldSinceMs : 0;
  return { ...open.request, expiresAtMs: open.request.expiresAtMs + heldMs };
}

const NOWHERE = { to: null, isAgain: false };

function after(places: readonly Place[], position: Position, entry: JournalEntry): Position {
  const { details } = entry;
  switch (entry.event) {
    case 'requested': {
      const request = object(details['request']) as Request | null;
      return { ...position, open: request && { request, decisions: [], unsigned: [] } };
    }
    case 'decided':
      return { ...position, open: withAnswer(position.open, entry) };
    case 'requestClosed':
      return { ...position, open: null };
    case 'decisionVoid':
      return { ...position, open: null, mandate: null };
    case 'raising':
      return raising(places, position, entry);
    case 'raised':
      return raised(position);
    case 'verdict':
      return { ...position, passed: position.passed || details['verdict'] === 'pass' };
    case 'promoted':
      return { ...position, isPromoted: true };
    case 'held':
      return {
        ...position,
        holds: [...position.holds, told(details['cause'])],
        heldSinceMs: position.holds.length === 0 ? entry.atMs : position.heldSinceMs,
      };
    case 'resumed':
      return resumed(position, entry);
    case 'rollbackStarted':
      return { ...position, isLowering: true };
    default:
      return position;
  }
}

function resumed(position: Position, { details, atMs }: JournalEntry): Position {
  const causes: unknown = details['causes'];
  const lifted = Array.isArray(causes) ? causes : [];
  const holds = position.holds.filter((cause) => !lifted.includes(cause));
  if (holds.length > 0 || position.holds.length === 0) return { ...position, holds };
  const request = openAt(position, atMs);
  return { ...position, holds, open: position.open && request && { ...position.open, request } };
}

function withAnswer(open: Passage['mandate'], { details, by, atMs }: JournalEntry): Passage['mandate'] {
  if (!open || open.request.requestId !== details['requestId'] || by === null) return open;
  const proof = signed(details);
  if (proof) return { ...open, decisions: [...open.decisions, { ...proof, by, atMs }] };
  const others = open.unsigned.filter((each) => each !== by);
  return { ...open, unsigned: details['decision'] === 'approve' ? [...others, by] : others };
}

function raising(places: readonly Place[], position: Position, entry: JournalEntry): Position {
  const pending = aimOf(places, position, entry);
  const { open, mandate } = position;
  const isAsked = open !== null && pending.to?.stage === open.request.stage && !pending.isAgain;
  const isSame = mandate !== null && pending.to?.stage === mandate.request.stage;
  return { ...position, pending, mandate: isAsked ? open : isSame || pending.isAgain ? mandate : null };
}

/** A raise that the actuator refused leaves everything as it was; so only a confirmed one moves on. */
function raised(position: Position): Position {
  const { pending } = position;
  if (!pending?.to) return position;
  return { ...position, at: pending.to, passed: pending.isAgain && position.passed, pending: null };
}

function aimOf(
  places: readonly Place[],
  { at }: Position,
  { details }: JournalEntry,
): { to: Place | null; isAgain: boolean } {
  const named = places.find(({ stage, step }) => stage === details['stage'] && step === details['step']) ?? null;
  const asked = { share: details['share'], cohorts: details['cohorts'] };
  if (named && same(named.exposure, asked)) return { to: named, isAgain: false };
  // Between two stages the exposure in force is written again under the name of the stage that comes.
  return at && same(at.exposure, asked) ? { to: at, isAgain: true } : NOWHERE;
}

function same(exposure: Exposure, asked: { share: unknown; cohorts: unknown }): boolean {
  if (exposure.share !== asked.share || !Array.isArray(asked.cohorts)) return false;
  const cohorts: readonly unknown[] = asked.cohorts;
  return cohorts.length === exposure.cohorts.length && exposure.cohorts.every((each) => cohorts.includes(each));
}
