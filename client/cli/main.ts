#!/usr/bin/env node
/** The `sluice` command. */
import { EXIT } from '../../workflows/contract/errors.js';
import { program } from './program.js';
import { endQuietlyOnBrokenPipe } from './shell.js';

/** Commander throws on --help and on bad usage alike; only the latter is an error. */
async function main(): Promise<void> {
  endQuietlyOnBrokenPipe();
  const root = program();
  for (const command of root.commands) for (const each of [command, ...command.commands]) each.exitOverride();
  try {
    if (process.argv.length <= 2) root.outputHelp();
    else await root.parseAsync();
  } catch (error) {
    const { exitCode } = error as { exitCode?: number };
    if (exitCode === undefined) throw error;
    process.exitCode = exitCode === 0 ? EXIT.done : EXIT.badInput;
  }
}

await main();
