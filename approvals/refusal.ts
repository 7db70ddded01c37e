/** One reason why a policy does not admit a plan. Sandbox-safe: a type only. */
import type { ErrorCode } from '../workflows/contract/errors.js';

export interface Refusal {
  code: ErrorCode;
  /** Stage it is about; null: the whole plan. */
  stage: string | null;
  message: string;
  remedy: string;
}
