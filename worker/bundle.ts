/** The workflow code as one file: built ahead by `npm run build`, or on the spot when run from sources. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const BUNDLE_FILE = here('workflow-bundle.js');

/** The converter must be total in the sandbox too: an unreadable signal would fail the workflow task for ever. */
export const CONVERTER = here(`../workflows/total-converter${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);

export function buildBundle(): ReturnType<typeof bundleWorkflowCode> {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return bundleWorkflowCode({
    workflowsPath: here(`../workflows/rollout${extension}`),
    payloadConverterPath: CONVERTER,
  });
}

export async function workflowBundle(): Promise<WorkflowBundleOption> {
  if (existsSync(BUNDLE_FILE)) return { codePath: BUNDLE_FILE };
  return buildBundle();
}
