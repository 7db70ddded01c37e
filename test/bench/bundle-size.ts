/** The workflow code as workers load it, without its source map. */
import { buildBundle } from '../../worker/bundle.js';

/** Bytes; every worker parses it, every replay runs it. */
export const BUNDLE_BUDGET = 1_000_000;

const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/gm;

export async function bundleCode(): Promise<string> {
  return (await buildBundle()).code.replaceAll(SOURCE_MAP, '');
}
