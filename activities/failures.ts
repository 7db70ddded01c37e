/** Failures of activities, typed by the error table. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ERRORS, type ErrorCode } from '../workflows/contract/errors.js';

/** Retried or not as the table says. */
export function failure(code: ErrorCode, message: string, details: unknown[] = []): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: !ERRORS[code].retryable, details });
}

/** The next attempt is the next poll: benign, paced, with one human sentence that `describe` shows. */
export function notYet(sentence: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'NotYet',
    message: sentence,
    nextRetryDelay: delayMs,
    category: ApplicationFailureCategory.BENIGN,
  });
}

export function isFailure(error: unknown, code: ErrorCode): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === code;
}
