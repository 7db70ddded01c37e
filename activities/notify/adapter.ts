/** The contract of a notification channel: delivery failure neither blocks nor passes a gate. */
import type { AnnounceInput } from '../../workflows/contract/activities.js';

export interface Notifier {
  send(event: Omit<AnnounceInput, 'notify'>, signal: AbortSignal): Promise<void>;
}
