/** The failures a source throws instead of observing: it cannot be asked at all, or may not be asked as configured. */
import { ApplicationFailure } from '@temporalio/common';
import type { ErrorCode } from '../../workflows/contract/errors.js';

/** Nobody answers: the poll is repeated, and past the plan's budget the gates of this source are blind. */
export function sourceUnavailable(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'sourceUnavailable' satisfies ErrorCode, message });
}

/** Evidence that was kept cannot be read back. */
export function storeUnavailable(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'storeUnavailable' satisfies ErrorCode, message });
}

/** The platform file asks for something that is never allowed; repeating does not help. */
export function badPlatform(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'badPlatform' satisfies ErrorCode, message, nonRetryable: true });
}

/** The plan's reading of a metric can never yield a number; admission refuses. */
export function badPlan(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'badPlan' satisfies ErrorCode, message, nonRetryable: true });
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const EXCERPT = 200;

/** At most 200 characters of foreign text, control and bidirectional characters escaped, named secrets blanked. */
export function excerpt(text: string, secrets: readonly string[] = []): string {
  let clean = text.slice(0, 20 * EXCERPT);
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  clean = clean.replace(CONTROL, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
  return clean.length <= EXCERPT ? clean : `${clean.slice(0, EXCERPT - 3)}...`;
}
