/** Secrets are named in the platform file and resolved here, in the activity; they never reach history. */
import { readFileSync } from 'node:fs';
import { ApplicationFailure } from '@temporalio/common';

/** `env:NAME` or `file:/path`. Throws `unsupported` without showing anything but the reference. */
export function resolveSecret(reference: string): string {
  const [kind, ...rest] = reference.split(':');
  const name = rest.join(':');
  const value = kind === 'env' ? process.env[name] : kind === 'file' ? contents(name) : undefined;
  if (value === undefined || value === '') {
    const message = `The secret ${reference} cannot be read; set it for the worker.`;
    throw ApplicationFailure.create({ type: 'unsupported', message, nonRetryable: true });
  }
  return value;
}

function contents(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
