/** Did exposure rise only as the plan says, each step after the pass before it, within what was approved, and read back? Pure. */
import { frozenAt } from '../../approvals/freeze.js';
import type { JournalEntry } from '../../workflows/contract/journal.js';
import { told } from '../dossier.js';
import type { Passage } from '../walk.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok, said } from './line.js';

export const raiseChecks: Check[] = [
  { name: 'raises', find: raises },
  { name: 'exposure', find: exposure },
  { name: 'outcome', find: outcome },
  { name: 'freezes', find: freezes },
];

function raisesIn({ passages }: Case): Passage[] {
  return passages.filter(({ entry }) => entry.event === 'raising');
}

function raises(bundle: Case): Finding[] {
  const { dossier } = bundle;
  if (!dossier.plan) return incomplete('without the plan no step can be told');
  const all = raisesIn(bundle);
  for (const passage of all) {
    const wrong = wrongRaise(passage);
    if (wrong !== null) return invalid(`the raise of entry ${passage.entry.seq} ${wrong}`);
  }
  const promoted = bundle.passages.find(({ entry }) => entry.event === 'promoted');
  if (promoted) {
    const wrong = wrongPromotion(promoted, dossier.plan.stages.flatMap(({ steps }) => steps).length);
    if (wrong !== null) return invalid(`the promotion of entry ${promoted.entry.seq} ${wrong}`);
  }
  return ok(`${count(all.length, 'raise')}, each to the next step of the plan and after the pass of the one before`);
}

function wrongRaise({ entry, at, to, passed, isAgain, isLowering, isPromoted }: Passage): string | null {
  if (isLowering) return 'came after the way back had begun';
  if (isPromoted) return 'came after the promotion';
  if (!to)
    return `asks for ${told(entry.details['share'])} at ${told(entry.details['stage'])}, which is no step of the plan`;
  if (isAgain || (at && to.index <= at.index)) return null;
  if (to.index !== (at?.index ?? -1) + 1) return `leaves out a step before ${to.stage} step ${to.step + 1}`;
  return at && !passed ? `came without a pass of ${at.stage} step ${at.step + 1}` : null;
}

function wrongPromotion({ at, passed, isLowering }: Passage, steps: number): string | null {
  if (isLowering) return 'came after the way back had begun';
  if (at?.index !== steps - 1) return 'came before the last step of the plan';
  return passed ? null : `came without a pass of ${at.stage} step ${at.step + 1}`;
}

/** How far a share read back may be from the one asked for: it is counted on 1,000 fixed users. */
const READ_BACK = 0.001;

/** Each raise is followed by what the evaluation plane showed; revisions only grow. */
function exposure(bundle: Case): Finding[] {
  const { passages } = bundle;
  let revision = -1;
  let aim: Passage | null = null;
  let readBacks = 0;
  for (const passage of passages) {
    const { entry } = passage;
    if (entry.event === 'raising') aim = passage;
    if (entry.event !== 'raised') continue;
    const wrong = wrongReadBack(aim, entry, revision);
    if (wrong !== null) return invalid(`the read-back of entry ${entry.seq} ${wrong}`);
    revision = Number(entry.details['revision']);
    readBacks += 1;
    aim = null;
  }
  const beyond = raisesIn(bundle).find(
    ({ to, mandate }) => to && mandate && !isWithin(to.exposure, mandate.request.exposureCap),
  );
  if (beyond) return invalid(`the raise of entry ${beyond.entry.seq} goes beyond the approved cap`);
  return ok(`${count(readBacks, 'change')}, each within the approved cap and read back as asked`);
}

function wrongReadBack(aim: Passage | null, { details }: JournalEntry, before: number): string | null {
  const { served, revision } = details;
  if (!aim?.to) return 'follows no raise';
  if (typeof revision !== 'number' || revision <= before) return `is of revision ${told(revision)}, after ${before}`;
  const { share } = aim.to.exposure;
  if (typeof served !== 'number' || Math.abs(served - share) > READ_BACK) {
    return `shows a share of ${told(served)} where ${share} was asked for`;
  }
  return null;
}

type Reach = { share: number; cohorts: string[] };

function isWithin(asked: Reach, cap: Reach): boolean {
  return asked.share <= cap.share && asked.cohorts.every((cohort) => cap.cohorts.includes(cohort));
}

/** What the rollout says of its end, against what its journal shows. */
function outcome({ dossier, hasEnded }: Case): Finding[] {
  const { outcome: end, entries } = dossier;
  const has = (event: JournalEntry['event']): boolean => entries.some((entry) => entry.event === event);
  const ended = entries.find(({ event }) => event === 'ended');
  if (!hasEnded || !end) return incomplete('the rollout has not ended, or its end was not recorded');
  if (ended?.details['outcome'] !== end.outcome) {
    return invalid(
      `document outcome says ${end.outcome}, entry ${ended?.seq ?? 'none'} ${told(ended?.details['outcome'])}`,
    );
  }
  if (end.outcome === 'completed' && !has('promoted')) return invalid('it says completed, and nothing was promoted');
  const wentBack = end.outcome === 'rolledBack' || end.outcome === 'cancelled';
  if (wentBack && has('raising') && !(has('restored') && has('zeroObserved'))) {
    return invalid(`it says ${end.outcome}, and the journal does not show zero exposure`);
  }
  if (end.outcome === 'refused' && has('raising')) return invalid('it says refused, and exposure was raised');
  return ok(wentBack && has('raising') ? `${end.outcome}, with exposure read back at zero` : end.outcome);
}

/** A note only: the freezes that bind are those of the newest policy, which may have lifted one that was pinned. */
function freezes(bundle: Case): Finding[] {
  const { policy, dossier } = bundle;
  if (!policy || !dossier.plan) return [];
  for (const { entry } of raisesIn(bundle)) {
    const frozen = frozenAt(policy, dossier.plan.tenant, entry.atMs);
    if (frozen)
      return said(
        `entry ${entry.seq} raised within freeze ${frozen.name} of the pinned policy; a newer one must have lifted it`,
      );
  }
  return [];
}
