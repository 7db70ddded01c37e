/** What goes wrong around a local server in words for people: a code of the error table and a sentence. Node only. */
import { ERRORS, type ErrorCode, type ExitCode } from '../../workflows/contract/errors.js';

export class DevError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'DevError';
    this.code = code;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exit;
  }
}
