/** The signed half of `sluice start`: orders made, passed on, approved by others, and started. */
import type { BreakGlass } from '../../workflows/contract/decisions.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPlan } from '../files.js';
import {
  coSigned,
  newRolloutId,
  type OrderFacts,
  orderStatement,
  readOrderFile,
  signOrder,
  writeOrderFile,
} from '../order.js';
import { Problem } from '../problem.js';
import { orderLines } from '../render/order.js';
import { safe } from '../render/text.js';
import { openSigner } from '../sign.js';
import { confirm } from './ask.js';
import type { Shell } from './shell.js';
import type { Ordering, StartOptions } from './start.js';

/** An order of the person at the keyboard, shown now and signed after the yes. */
export async function newOrdering(shell: Shell, loaded: LoadedPlan, options: StartOptions): Promise<Ordering> {
  const { plan, digest } = loaded;
  const breakGlass = emergencyOf(loaded, options);
  const signer = await openSigner(shell.keyFile);
  const rolloutId = newRolloutId();
  const facts = { tenant: plan.tenant, model: plan.model, rolloutId, plan: digest, breakGlass };
  const statement = orderStatement(facts, shell.me, signer, Date.now());
  shell.say(...orderLines(statement, shell.canvas()), '');
  return { by: shell.me, rolloutId, sign: () => signOrder(signer, statement) };
}

/** An order from a file, for this very plan. */
export async function orderingFrom(
  shell: Shell,
  loaded: LoadedPlan,
  options: StartOptions,
  file: string,
): Promise<Ordering> {
  const { facts, by, approvedBy, ...order } = readOrder(loaded, options, file);
  shell.say(...orderLines(order.order.statement, shell.canvas()));
  if (facts.breakGlass !== null) shell.say(`  approved   ${approvedBy.map(safe).join(', ')}`);
  shell.say('');
  return { by, rolloutId: facts.rolloutId, sign: () => Promise.resolve(order) };
}

/** Signs an order into a file; nothing is started and no server asked. */
export async function makeOrder(
  shell: Shell,
  loaded: LoadedPlan,
  options: StartOptions,
  file: string,
): Promise<ExitCode> {
  const ordering = await newOrdering(shell, loaded, options);
  const remedy = `Add --yes: sluice start ${loaded.file} --order-out ${file} --yes`;
  if (!(await confirm(`Sign this order as ${ordering.by}?`, options.yes === true, remedy))) return unsigned(shell);
  const order = await ordering.sign();
  writeOrderFile(file, order);
  const { rolloutId, by } = ordering;
  shell.emit({ version: 1, file, rolloutId, by, approvedBy: order.approvals.length === 0 ? [] : [by] });
  const again =
    order.approvals.length === 0 ? [] : [`Others approve it with: sluice start ${loaded.file} --co-sign ${file}`];
  shell.say(
    `${shell.paint.green('ordered')} rollout ${rolloutId} in ${file}; nothing is started yet`,
    ...again,
    `Start it within a day: sluice start ${loaded.file} --order ${file}`,
  );
  return EXIT.done;
}

/** Puts one more approval into an emergency order. */
export async function coSign(shell: Shell, loaded: LoadedPlan, options: StartOptions, file: string): Promise<ExitCode> {
  const { facts, by, approvedBy, ...order } = readOrder(loaded, options, file);
  if (facts.breakGlass === null) {
    const message = `${file} is no emergency start: it waits for nobody's approval.`;
    throw new Problem('breakGlassRefused', message, `Start it: sluice start ${loaded.file} --order ${file}`);
  }
  const signer = await openSigner(shell.keyFile);
  const statement = orderStatement(facts, shell.me, signer, Date.now());
  shell.say(
    ...orderLines(statement, shell.canvas()),
    `  ordered by ${safe(by)}, approved by ${approvedBy.map(safe).join(', ')}`,
    '',
  );
  const remedy = `Add --yes: sluice start ${loaded.file} --co-sign ${file} --yes`;
  const question = `Approve this emergency start as ${shell.me}?`;
  if (!(await confirm(question, options.yes === true, remedy))) return unsigned(shell);
  writeOrderFile(file, await coSigned(order, signer, statement));
  const all = [...new Set([...approvedBy, shell.me])];
  shell.emit({ version: 1, file, rolloutId: facts.rolloutId, by, approvedBy: all });
  shell.say(
    `${shell.paint.green('approved')} by ${all.map(safe).join(', ')}; nothing is started yet`,
    `Start it: sluice start ${loaded.file} --order ${file}`,
  );
  return EXIT.done;
}

function unsigned(shell: Shell): ExitCode {
  shell.emit({ version: 1, state: 'notSigned' });
  shell.say('Nothing was signed.');
  return EXIT.refused;
}

function readOrder(loaded: LoadedPlan, options: StartOptions, file: string): ReturnType<typeof readOrderFile> {
  if (options.breakGlass !== undefined || options.waive !== undefined) {
    const message = `${file} says already what is waived and why.`;
    throw new Problem('breakGlassRefused', message, 'Leave out --break-glass and --waive, or make another order.');
  }
  const read = readOrderFile(file);
  sameRollout(loaded, read.facts, file);
  return read;
}

function sameRollout({ plan, digest, file: planFile }: LoadedPlan, facts: OrderFacts, file: string): void {
  if (facts.plan === digest && facts.tenant === plan.tenant && facts.model === plan.model) return;
  throw new Problem(
    'planMismatch',
    `${file} orders ${facts.model} of tenant ${facts.tenant} with plan ${facts.plan}, and ${planFile} is ${digest}.`,
    'Give the plan that was ordered, unchanged, or make a new order with --order-out.',
  );
}

function emergencyOf({ plan, file }: LoadedPlan, options: StartOptions): BreakGlass | null {
  const { breakGlass: reasonCode, reason, waive = [] } = options;
  if (reasonCode === undefined) {
    if (waive.length === 0) return null;
    throw new Problem('breakGlassRefused', 'Gates are waived in an emergency only.', 'Say which: --break-glass CODE');
  }
  if (reason === undefined || reason.trim() === '') {
    throw new Problem('breakGlassRefused', 'An emergency start says why.', 'Add --reason "..."');
  }
  const unknown = waive.find((gate) => !Object.hasOwn(plan.gates, gate));
  if (unknown !== undefined) {
    const gates = Object.keys(plan.gates).join(', ');
    throw new Problem('breakGlassRefused', `${file} has no gate ${unknown}.`, `Its gates: ${gates}`);
  }
  if (waive.length > 0) return { reasonCode, reason, waive: [...new Set(waive)].toSorted() };
  throw new Problem('breakGlassRefused', 'An emergency start names what it waives.', 'Add --waive GATE');
}
