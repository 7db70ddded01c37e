/** Evidence out of the workflow: frozen before a decision, complete at the end; and word to those who asked for it. */
import { Context } from '@temporalio/activity';
import { statementsOf } from '../evidence/statements.js';
import type { Admission, AnnounceInput, CloseInput, FreezeInput, Frozen } from '../workflows/contract/activities.js';
import type { Plan } from '../workflows/contract/plan.js';
import { checkCaller } from './actuator/caller.js';
import type { ActivityDeps } from './deps.js';
import type { RolloutEvidence } from './store/adapter.js';
import { documentOrNull, seal } from './store/seal.js';

/** Only the rollout itself writes its record: throws wrongCaller, evidenceInvalid, noSigner. */
export function freezeEvidence(deps: ActivityDeps): (input: FreezeInput) => Promise<Frozen> {
  return async (input) => {
    checkCaller(input);
    const { tenant, rolloutId, journal, stage, attempt, verdict } = input;
    const evidence = await deps.connections(tenant).evidence().open(tenant, rolloutId);
    await evidence.appendJournal(journal);
    const exportedSeq = journal.at(-1)?.seq ?? 0;
    await evidence.putDocument(`verdict-before-${stage}-${attempt}-${exportedSeq}`, verdict);
    return { evidence: await seal(deps, evidence, { tenant, rolloutId }, false), exportedSeq };
  };
}

export function closeRollout(deps: ActivityDeps): (input: CloseInput) => Promise<void> {
  return async (input) => {
    checkCaller(input);
    // A refused rollout may have been turned away before it had a place for evidence.
    const evidence = await deps.connections(input.tenant).evidence().create(input.tenant, input.rolloutId);
    await evidence.appendJournal(input.journal);
    await evidence.putDocument('outcome', { outcome: input.outcome, sentence: input.sentence });
    await keepStatements(evidence);
    await seal(deps, evidence, input, true);
    const { tenant, model, rolloutId, outcome, sentence, notify } = input;
    const event = {
      tenant,
      model,
      rolloutId,
      eventId: `${rolloutId}-end`,
      type: outcome,
      urgent: outcome !== 'completed',
      sentence,
    };
    await Promise.allSettled(notify.map((name) => send(deps, name, event)));
  };
}

/** What was found and decided, for other tools. A rollout turned away before its plan was kept has nothing to say. */
async function keepStatements(evidence: RolloutEvidence): Promise<void> {
  const plan = (await documentOrNull(evidence, 'plan')) as Plan | null;
  if (!plan) return;
  const admission = (await documentOrNull(evidence, 'admission')) as Admission | null;
  await evidence.putDocument('statements', statementsOf(plan, admission, await evidence.journal()));
}

export function announce(deps: ActivityDeps): (input: AnnounceInput) => Promise<void> {
  return async ({ notify, ...event }) => {
    for (const name of notify) await send(deps, name, event);
  };
}

async function send(deps: ActivityDeps, name: string, event: Omit<AnnounceInput, 'notify'>): Promise<void> {
  await deps.connections(event.tenant).notifier(name).send(event, Context.current().cancellationSignal);
}
