/**
 * All verbs in two groups, the first for every day; one file per verb. `--help` stays under 0.3 s because verbs load Temporal,
 * zod and yaml only when they act.
 */
import { Command } from 'commander';
import { bundleVerb } from './bundle.js';
import { decisionVerbs } from './decide.js';
import { devVerb } from './dev.js';
import { doctorVerb } from './doctor.js';
import { initVerb } from './init.js';
import { judgeVerb } from './judge.js';
import { keysVerb } from './keys.js';
import { lintVerb } from './lint.js';
import { listVerb } from './list.js';
import { logVerb } from './log.js';
import { operatorVerbs } from './operate.js';
import { planVerb } from './plan.js';
import { reconcileVerb } from './reconcile.js';
import { reviewVerb } from './review.js';
import { rollbackVerb } from './rollback.js';
import { startVerb } from './start.js';
import { statusVerb } from './status.js';
import { verifyVerb } from './verify.js';
import { waitVerb } from './wait.js';
import { watchVerb } from './watch.js';
import { whyVerb } from './why.js';
import { workerVerb } from './worker.js';

const FIRST = 'Every day:';
const MORE = 'More:';

const FOOTER = `
A model name is enough to name its open rollout. Start here: sluice init, sluice dev,
sluice start PLAN. Temporal is found through TEMPORAL_ADDRESS, temporal.toml and profiles,
else what \`sluice dev\` started here, else at 127.0.0.1:7233.
Exit codes: 0 done, 1 bug, 2 bad input, 3 refused, 4 unreachable, 10 rolled back or
cancelled, 11 waiting or held, 12 timed out, 13 terminated, 20 evidence invalid,
21 evidence incomplete.`;

/** `approve [rollout]`: options are for the help of the verb itself. */
function subcommandTerm(command: Command): string {
  const names = command.registeredArguments.map((arg) => (arg.required ? `<${arg.name()}>` : `[${arg.name()}]`));
  return [command.name(), ...names].join(' ');
}

export function program(): Command {
  const root = new Command('sluice')
    .description('Progressive delivery of machine-learning models as durable workflows.')
    .option('--json', 'for programs: JSON (watch and log: a line each)')
    .option('--as <name>', 'who you are (SLUICE_AS, or your user name)')
    .option('--key <file>', 'your SSH key: decisions and starts are signed with it (SLUICE_KEY)')
    .option('--tenant <name>', 'where a model name is not enough')
    .option('--platform <file>', 'connections (SLUICE_PLATFORM, or platform.yaml)')
    .option('--policy <file>', 'people and rules (SLUICE_POLICY, or policy.yaml)')
    .addHelpText('after', FOOTER)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, subcommandTerm });
  root.commandsGroup(FIRST);
  for (const verb of [devVerb, initVerb, planVerb, startVerb, watchVerb, whyVerb]) verb(root);
  decisionVerbs(root, FIRST, MORE);
  rollbackVerb(root);
  root.commandsGroup(MORE);
  for (const verb of [lintVerb, listVerb, statusVerb, logVerb, waitVerb]) verb(root);
  operatorVerbs(root);
  for (const verb of [reconcileVerb, judgeVerb, bundleVerb, verifyVerb, keysVerb, reviewVerb, workerVerb, doctorVerb])
    verb(root);
  root.helpCommand('help [verb]', 'help on a verb');
  return root;
}
