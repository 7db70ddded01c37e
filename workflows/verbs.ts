/** The effect of each verb on a rollout's state. Pure and sandbox-safe; called by the inbox with letters in order. */
import type { Plan } from './contract/plan.js';
import type { Decision, Hold } from './contract/view.js';
import { addHold, liftHolds } from './holds.js';
import { note } from './journal.js';
import { type Letter, type Outcome, refuse } from './letters.js';
import { lower } from './lowering.js';
import { expiryMs, isHeld, stageOf, type State } from './state.js';
import { hasEnded } from './status.js';

export function act(state: State, plan: Plan, letter: Letter, nowMs: number): Outcome {
  if (hasEnded(state) || state.phase === 'close') return refuse('ended', 'The rollout has ended.');
  if (state.lowering) {
    if (letter.verb === 'rollback') return { state, sentence: 'Users are being put back already.' };
    return refuse('rollbackInProgress', 'Users are being put back on the baseline; nothing else is taken any more.');
  }
  switch (letter.verb) {
    case 'rollback':
      return rollback(state, letter, nowMs);
    case 'approve':
    case 'reject':
      return decide(state, plan, letter, letter.verb, nowMs);
    case 'hold':
      return hold(state, letter, nowMs);
    case 'resume':
      return resume(state, letter, nowMs);
    case 'extend':
      return extend(state, plan, letter, nowMs);
    case 'supersede':
      return supersede(state, letter);
  }
}

function rollback(state: State, letter: Letter, nowMs: number): Outcome {
  const why = letter.reason === '' ? '' : `: ${letter.reason}`;
  const lowered = lower(state, nowMs, { cause: 'operator', by: letter.by, reason: `${letter.by} asked for it${why}` });
  return { state: lowered, sentence: 'Rolling back.' };
}

function decide(state: State, plan: Plan, letter: Letter, decision: Decision['decision'], nowMs: number): Outcome {
  const { request } = state;
  if (!request) return refuse('noRequest', 'No decision is being asked for at present.');
  if (letter.requestId !== request.requestId) {
    return refuse('staleRequest', `The open request is ${request.requestId}, for stage ${request.stage}.`);
  }
  if (nowMs >= expiryMs(state, request, nowMs)) return refuse('expired', `Request ${request.requestId} has expired.`);
  const unfit = unfitToDecide(state, letter, decision);
  if (unfit) return unfit;
  const made: Decision = {
    messageId: letter.messageId,
    requestId: request.requestId,
    by: letter.by,
    decision,
    reason: letter.reason === '' ? null : letter.reason,
    atMs: nowMs,
    assurance: 'identity',
  };
  const details = {
    stage: request.stage,
    attempt: request.attempt,
    requestId: request.requestId,
    decision,
    assurance: 'identity',
  };
  const decided = note({ ...state, decisions: [...state.decisions, made] }, nowMs, 'decided', details, letter.by);
  if (decision === 'approve') return { state: decided, sentence: `Approved stage ${request.stage}.` };
  return reject(decided, plan, letter, nowMs);
}

function unfitToDecide(state: State, letter: Letter, decision: Decision['decision']): Outcome | null {
  const request = state.request;
  const person = state.admission?.people.find((p) => p.id === letter.by);
  if (!request || !person) return refuse('unknownPerson', `The policy knows nobody called ${letter.by}.`);
  if (person.kind !== 'human') return refuse('notAPerson', `${letter.by} is a service; people decide.`);
  const asked = request.rules.map((rule) => rule.role);
  if (!person.roles.some((role) => asked.includes(role))) {
    return refuse('roleNotHeld', `${letter.by} holds none of the roles asked for: ${asked.join(', ')}.`);
  }
  if (decision === 'approve' && request.excluded.includes(letter.by)) {
    return refuse('selfApproval', `${letter.by} started this rollout and is excluded from this decision.`);
  }
  const before = state.decisions.find((d) => d.by === letter.by && d.requestId === request.requestId);
  if (before && (decision === 'approve' || before.decision === 'reject')) {
    return refuse('duplicate', `${letter.by} has decided this request already.`);
  }
  return null;
}

function reject(state: State, plan: Plan, letter: Letter, nowMs: number): Outcome {
  const why = letter.reason === '' ? 'no reason given' : letter.reason;
  if (stageOf(state, plan)?.approval?.onReject === 'rollback') {
    const reason = `${letter.by} rejected stage ${state.request?.stage}: ${why}`;
    return {
      state: lower(state, nowMs, { cause: 'veto', by: letter.by, reason }),
      sentence: 'Rejected; rolling back.',
    };
  }
  const closed = note({ ...state, request: null }, nowMs, 'requestClosed', { why: 'rejected' }, letter.by);
  const held = addHold(closed, nowMs, {
    class: 'policy',
    owner: letter.by,
    cause: 'rejected',
    reason: `${letter.by} rejected stage ${state.request?.stage}: ${why}. Exposure stays; resume opens the next request.`,
  });
  return { state: held, sentence: 'Rejected; exposure stays where it is.' };
}

function hold(state: State, letter: Letter, nowMs: number): Outcome {
  if (state.holds.some((h) => h.cause === 'operator' && h.owner === letter.by)) {
    return refuse('alreadyHeld', `${letter.by} holds this rollout already.`);
  }
  const reason = letter.reason === '' ? 'no reason given' : letter.reason;
  const held = addHold(state, nowMs, { class: 'operator', owner: letter.by, cause: 'operator', reason });
  return { state: held, sentence: 'Held: nothing rises until somebody resumes; gates and guards go on.' };
}

/** Lifts what people may lift. What the judge holds for lifts itself when its cause is gone. */
function resume(state: State, letter: Letter, nowMs: number): Outcome {
  if (!isHeld(state)) return refuse('nothingHeld', 'Nothing is held.');
  const lifted = state.holds.filter((h) => h.class !== 'judge');
  if (lifted.length === 0) {
    const first = state.holds[0];
    const remedy = first?.cause === 'timeout' ? ' `extend` gives the bake more time.' : '';
    return refuse(
      'notYourHold',
      `Held because ${first?.reason ?? 'a gate asks for it'}; this lifts when the cause is gone.${remedy}`,
    );
  }
  const resumed = liftHolds({ ...state, ...redo(state, lifted) }, nowMs, letter.by, (h) => h.class !== 'judge');
  return {
    state: resumed,
    sentence: isHeld(resumed) ? 'Resumed, but the judge still holds.' : 'Resumed; the judge goes on.',
  };
}

/** What must be done again after a hold: ask anew after a rejection or an expiry, raise anew after an edit. */
function redo(state: State, lifted: Hold[]): Partial<State> {
  const causes = lifted.map((h) => h.cause);
  if (causes.includes('rejected') || causes.includes('approvalTimeout')) {
    return { attempt: state.attempt + 1, request: null };
  }
  if (causes.includes('edited'))
    return { redo: state.phase !== 'raise', conditions: { ...state.conditions, editedDown: null } };
  return {};
}

function extend(state: State, plan: Plan, letter: Letter, nowMs: number): Outcome {
  const { bake } = state;
  const stage = stageOf(state, plan);
  if (state.phase !== 'bake' || !bake || bake.passed || !stage) {
    return refuse('notBaking', 'No inconclusive bake is waiting for more time.');
  }
  const deadlineMs = nowMs + stage.bake.maxMs;
  const lifted = liftHolds(state, nowMs, letter.by, (h) => h.cause === 'timeout');
  const extended = { ...lifted, bake: { ...bake, deadlineMs, epoch: bake.epoch + 1 } };
  const noted = note(extended, nowMs, 'extended', { stage: stage.name, step: state.stepIndex, deadlineMs }, letter.by);
  return { state: noted, sentence: `The bake of ${stage.name} has until ${new Date(deadlineMs).toISOString()}.` };
}

function supersede(state: State, letter: Letter): Outcome {
  if (state.phase !== 'after')
    return refuse('notInAfter', 'This rollout is not in its after phase; it must end first.');
  return { state: { ...state, supersededBy: letter.by }, sentence: 'Ending the after phase to make room.' };
}
