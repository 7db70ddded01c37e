/** Freeze windows in few words, and what they say at a moment. */
import { frozenAt } from '../../../approvals/freeze.js';
import type { FreezeTime, FreezeWindow } from '../../../approvals/policy.js';

export function weekly(from: string, to: string): FreezeTime {
  return { kind: 'weekly', from: weekTime(from), to: weekTime(to) };
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export function weekTime(text: string): { weekday: number; minute: number } {
  const [day = '', hours = 0, minutes = 0] = text.split(/[ :]/);
  return { weekday: DAYS.indexOf(day) + 1, minute: Number(hours) * 60 + Number(minutes) };
}

export function dates(from: string, to: string): FreezeTime {
  return { kind: 'dates', from, to };
}

export function aWindow(change: Partial<FreezeWindow>): FreezeWindow {
  const base = { name: 'calm', zone: 'Europe/Berlin', deny: [], allow: [], tenants: null, reason: 'Calm is wanted.' };
  return { ...base, ...change };
}

/** `open`, `frozen`, or until when, in UTC. */
export function at(utc: string, ...windows: Partial<FreezeWindow>[]): string {
  const frozen = frozenAt({ freezes: windows.map(aWindow) }, 'mail', Date.parse(`${utc}Z`));
  if (frozen === null) return 'open';
  return frozen.untilMs === null ? 'frozen' : new Date(frozen.untilMs).toISOString().slice(0, 16);
}
