/** The contract a model registry fulfils. An alias is record and promotion, never exposure. */
import type { Digest } from '../../workflows/contract/plan.js';

export interface Registry {
  /** Digest over the sorted manifest of the version's files. Throws notFound, digestMismatch on special files or links. */
  digest(model: string, version: string): Promise<Digest>;
  resolveAlias(model: string, alias: string): Promise<string>;
  /** Compare-and-swap: moves only while the alias points at `from`; moving to where it is already is done. */
  moveAlias(model: string, alias: string, from: string, to: string): Promise<void>;
}
