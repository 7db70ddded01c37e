/**
 * Start orders: who starts a rollout, signed, and for an emergency the approvals of others on the same facts. The rollout id
 * is drawn when the order is made, so an order starts one rollout and no other.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { verifySshsig } from '../approvals/sshsig.js';
import { canonicalStatement, hasKeys, isObject, readStatement } from '../approvals/statement.js';
import {
  type BreakGlass,
  NAMESPACES,
  type Signed,
  STATEMENT_LIMIT,
  type StartStatement,
} from '../workflows/contract/decisions.js';
import { rolloutIdFrom } from '../workflows/contract/ids.js';
import type { Digest } from '../workflows/contract/plan.js';
import { messageOf, Problem } from './problem.js';
import { type Signer, sign } from './sign.js';

/** What all who sign an order say alike. */
export interface OrderFacts {
  tenant: string;
  model: string;
  rolloutId: string;
  plan: Digest;
  breakGlass: BreakGlass | null;
}

/** An order before it starts anything: made by one person, approved by others in a file that is passed on. */
export interface OrderFile {
  version: 1;
  order: Signed;
  approvals: Signed[];
}

export function newRolloutId(): string {
  return rolloutIdFrom(randomBytes(17));
}

export function orderStatement(facts: OrderFacts, by: string, { key }: Signer, atMs: number): string {
  const { tenant, model, rolloutId, plan, breakGlass } = facts;
  const statement: StartStatement = {
    version: 1,
    tenant,
    model,
    rolloutId,
    plan,
    by,
    key: key.fingerprint,
    issuedAtMs: atMs,
    breakGlass,
  };
  return canonicalStatement(statement);
}

/** Signs the order, and where it is an emergency the maker's own approval of it too. Throws noSigner. */
export async function signOrder(signer: Signer, statement: string): Promise<OrderFile> {
  const order = { statement, signature: await sign(signer, NAMESPACES.start, statement) };
  const { breakGlass } = orderIn(statement);
  return { version: 1, order, approvals: breakGlass === null ? [] : [await approval(signer, statement)] };
}

/** Another person's approval of an emergency, put beside those there are; an earlier one of the same person goes. */
export async function coSigned(file: OrderFile, signer: Signer, statement: string): Promise<OrderFile> {
  const { by } = orderIn(statement);
  const others = file.approvals.filter((other) => orderIn(other.statement).by !== by);
  return { ...file, approvals: [...others, await approval(signer, statement)] };
}

async function approval(signer: Signer, statement: string): Promise<Signed> {
  return { statement, signature: await sign(signer, NAMESPACES.breakGlass, statement) };
}

/** Reads an order file; every signature in it must fit its text. Throws with the code of what is wrong. */
export function readOrderFile(file: string): OrderFile & { facts: OrderFacts; by: string; approvedBy: string[] } {
  const value = jsonOf(file);
  if (!isObject(value) || value['version'] !== 1 || !isSigned(value['order']) || !areSigned(value['approvals'])) {
    throw notAnOrder(file, 'it is none that --order-out wrote');
  }
  const { order, approvals } = value as unknown as OrderFile;
  const made = orderIn(order.statement, file);
  fits(order, NAMESPACES.start, file);
  const approvedBy = approvals.map((each) => {
    fits(each, NAMESPACES.breakGlass, file);
    return orderIn(each.statement, file).by;
  });
  return { version: 1, order, approvals, facts: made, by: made.by, approvedBy };
}

/** Written whole or not at all: others add to it. */
export function writeOrderFile(file: string, order: OrderFile): void {
  const fresh = `${file}.${process.pid}.new`;
  try {
    writeFileSync(fresh, `${JSON.stringify(order, null, 2)}\n`, { flag: 'wx' });
    renameSync(fresh, file);
  } catch (error) {
    throw new Problem('noSigner', `${file} cannot be written: ${messageOf(error)}`, 'Name a file of yours.', error);
  }
}

const KEYS = ['version', 'tenant', 'model', 'rolloutId', 'plan', 'by', 'key', 'issuedAtMs', 'breakGlass'];

/** What an order's text says. Throws notCanonical. */
export function orderIn(text: string, file = 'the order'): StartStatement {
  const reading = readStatement(text, STATEMENT_LIMIT);
  if (reading.kind === 'refused') throw new Problem(reading.code, `${file}: ${reading.sentence}`, MAKE_ANEW);
  if (isObject(reading.value) && hasKeys(reading.value, KEYS)) return reading.value as unknown as StartStatement;
  throw notAnOrder(file, 'the signed text is no start order');
}

function fits({ statement, signature }: Signed, namespace: string, file: string): void {
  const check = verifySshsig({ message: statement, armored: signature, namespace });
  if (check.kind === 'refused') throw new Problem(check.code, `${file}: ${check.sentence}`, MAKE_ANEW);
}

const MAKE_ANEW = 'Make it anew: sluice start PLAN --key FILE --order-out FILE';

function notAnOrder(file: string, why: string): Problem {
  return new Problem('notCanonical', `${file} is no order: ${why}.`, MAKE_ANEW);
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Problem('notCanonical', `${file} cannot be read: ${messageOf(error)}`, MAKE_ANEW, error);
  }
}

function isSigned(value: unknown): value is Signed {
  return isObject(value) && typeof value['statement'] === 'string' && typeof value['signature'] === 'string';
}

function areSigned(value: unknown): value is Signed[] {
  return Array.isArray(value) && value.every(isSigned);
}
