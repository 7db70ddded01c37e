/** What went wrong, as a person reads it: what, where, and what to do next. The one error the command line prints. */
import { ERRORS, type ErrorCode, type ExitCode } from '../workflows/contract/errors.js';

/** An expected failure with a code of the error table; `remedy` says what to type or change, never blank. */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'Problem';
    this.code = code;
    this.remedy = remedy;
  }
}

export function exitOf(code: ErrorCode): ExitCode {
  return ERRORS[code].exit;
}

/** Message of anything that was thrown, without stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
