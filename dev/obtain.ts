/** Obtains the Temporal server ahead of need, so that a build machine does it while it does other things. Node only. */
import { DevError } from './server/dev-error.js';
import { findProgram } from './server/find.js';

try {
  await findProgram((line) => process.stderr.write(`${line}\n`));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(error instanceof DevError ? error.exitCode : 1);
}
