/** What no check of a bundle can prove, said every time. Pure. */
import type { Case, Check, Finding } from './line.js';
import { said } from './line.js';

export const limitNotes: Check[] = [
  {
    name: 'sources',
    find: () => said('not proven: that the sources measured the truth; only that nobody changed what they said'),
  },
  {
    name: 'time',
    find: () => said("not proven: the times; the operator's clocks wrote them, and nobody witnessed them"),
  },
  { name: 'identity', find: identity },
  { name: 'actuator', find: actuator },
  { name: 'review', find: review },
];

function identity({ isSigned }: Case): Finding[] {
  if (isSigned) return said('not proven: that whoever holds a key is the person the policy says');
  return said('UNPROVEN: approvals are names that anybody could have typed');
}

function actuator({ dossier }: Case): Finding[] {
  if (!dossier.admission) return [];
  const isSeparate = dossier.admission.actuator === 'separate';
  return said(
    isSeparate
      ? 'separate: exposure was written by a process of its own, as admission recorded'
      : 'in-process: whoever controlled the worker could also have written exposure past these checks',
  );
}

function review({ dossier }: Case): Finding[] {
  const emergent = dossier.admission?.breakGlass ?? null;
  if (!emergent) return [];
  const { waive, cap, reviewDueMs } = emergent;
  const due = new Date(reviewDueMs).toISOString();
  return said(
    `emergency start: ${waive.join(', ')} waived up to ${cap * 100} %; whether it was reviewed by ${due} is not in here`,
  );
}
