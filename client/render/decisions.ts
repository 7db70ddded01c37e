/** Decisions as they are told: by whom, and how well that is known. Pure. */
import type { Decision, Request, RolloutView } from '../../workflows/contract/view.js';
import { safe } from './text.js';

/** `approve signed by ada (SHA256:...)`; a name that nobody proved is UNPROVEN. */
export function decisionText({ by, decision, assurance, key }: Decision): string {
  if (assurance === 'identity') return `${decision} by ${safe(by)}, UNPROVEN`;
  const hardware = assurance === 'hardware' ? ', security key' : '';
  return `${decision} signed by ${safe(by)} (${safe(key ?? 'key not told')}${hardware})`;
}

/** What has been decided on this request, in order. */
export function given(view: RolloutView | null, { requestId }: Pick<Request, 'requestId'>): string[] {
  return (view?.decisions ?? []).filter((decision) => decision.requestId === requestId).map(decisionText);
}
