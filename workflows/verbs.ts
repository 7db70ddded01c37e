/** The effect of each verb on a rollout's state. Pure and sandbox-safe; called by the inbox with letters in order. */
import type { Plan } from './contract/plan.js';
import type { Hold } from './contract/view.js';
import { decide } from './deciding.js';
import { addHold, liftHolds } from './holds.js';
import { note } from './journal.js';
import { type Letter, type Outcome, refuse } from './letters.js';
import { lower } from './lowering.js';
import { isHeld, stageOf, type State } from './state.js';
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
    case 'revoke':
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
  const lifted = state.holds.filter(mayLift);
  if (lifted.length === 0) {
    const first = state.holds[0];
    const remedy = first?.cause === 'timeout' ? ' `extend` gives the bake more time.' : '';
    return refuse(
      'notYourHold',
      `Held because ${first?.reason ?? 'a gate asks for it'}; this lifts when the cause is gone.${remedy}`,
    );
  }
  const resumed = liftHolds({ ...state, ...redo(state, lifted) }, nowMs, letter.by, mayLift);
  return {
    state: resumed,
    sentence: isHeld(resumed)
      ? `Resumed, but it is still held: ${resumed.holds[0]?.reason ?? 'by the judge'}`
      : 'Resumed; the judge goes on.',
  };
}

/** The judge lifts its own holds, and a freeze ends by the calendar alone. */
function mayLift(hold: Hold): boolean {
  return hold.class !== 'judge' && hold.cause !== 'frozen';
}

const ASKED_ANEW = ['rejected', 'approvalTimeout', 'quorumLost'];

/** What must be done again after a hold: ask anew after a rejection or an expiry, raise anew after an edit. */
function redo(state: State, lifted: Hold[]): Partial<State> {
  const causes = lifted.map((h) => h.cause);
  if (causes.some((cause) => ASKED_ANEW.includes(cause))) {
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
