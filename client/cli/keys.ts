/**
 * `sluice keys`: who may sign, whether they can, and changes to it. Works on the policy file alone; what it changes counts
 * only once the roots have signed the file again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import type { LoadedPolicy } from '../files.js';
import { messageOf, Problem } from '../problem.js';
import { checkTable } from '../render/checks.js';
import { wrap } from '../render/text.js';
import { act, type Shell } from './shell.js';

interface AddOptions {
  challenge?: boolean;
  proof?: string;
  validFrom?: string;
  validTo?: string;
}

const ENROLMENT = `
Whoever holds the key proves it; anybody can then put it into the policy:
  sluice keys add ada ada.pub --challenge > ada.json
  ssh-keygen -Y sign -n enrol.v1@sluice -f ada ada.json
  sluice keys add ada ada.pub --proof ada.json.sig`;

export function keysVerb(root: Command): void {
  const keys = root.command('keys').description("the policy's keys: list, check, add, revoke");
  keys
    .command('list')
    .description('who may sign, with which keys')
    .action(act(async (shell) => list(shell)));
  keys
    .command('check')
    .option('--trust-roots <file>', 'public keys of the roots that must have signed the policy')
    .description('is the policy sound and signed, and can everybody sign who is asked to')
    .action(act<{ trustRoots?: string }>(async (shell, _args, { trustRoots }) => check(shell, trustRoots)));
  keys
    .command('add')
    .argument('<person>', 'id in the policy')
    .argument('<file>', 'public key (.pub)')
    .option('--challenge', 'only print what the holder of the key signs, without a line end')
    .option('--proof <file>', 'signature over the challenge, by the key itself')
    .option('--valid-from <time>', 'not valid before, e.g. 2026-01-01T00:00:00Z', instant)
    .option('--valid-to <time>', 'not valid from then on', instant)
    .description('put a key into the policy')
    .addHelpText('after', ENROLMENT)
    .action(act<AddOptions>(async (shell, [person = '', file = ''], options) => add(shell, person, file, options)));
  keys
    .command('revoke')
    .argument('<person>', 'id in the policy')
    .argument('<fingerprint>', 'SHA256:..., as `sluice keys list` shows it')
    .requiredOption('--reason <text>', 'for the record')
    .description('mark a key as revoked, from now on')
    .action(
      act<{ reason: string }>(async (shell, [person = '', fingerprint = ''], { reason }) =>
        revoke(shell, person, fingerprint, reason),
      ),
    );
}

async function policyHere(shell: Shell): Promise<LoadedPolicy> {
  const { loadPolicy } = await import('../files.js');
  const loaded = await loadPolicy(shell.common.policy);
  if (loaded) return loaded;
  throw new Problem('badPolicy', 'There is no policy.yaml here.', 'Name it with --policy or SLUICE_POLICY.');
}

async function list(shell: Shell): Promise<ExitCode> {
  const { file, policy, digest } = await policyHere(shell);
  const { keyState } = await import('../key-checks.js');
  const { keyTable } = await import('../render/keys.js');
  const canvas = shell.canvas();
  const people = policy.people.map(({ keys, ...person }) => ({
    ...person,
    keys: keys.map((key) => ({ ...key, state: keyState(key, canvas.nowMs) })),
  }));
  shell.emit({ version: 1, file, serial: policy.serial, digest, people });
  shell.say(`${file}, serial ${policy.serial}, ${digest}`, '', ...keyTable(policy.people, canvas));
  return EXIT.done;
}

async function check(shell: Shell, trustRoots: string | undefined): Promise<ExitCode> {
  const { file, text, policy, digest } = await policyHere(shell);
  const { keyChecks } = await import('../key-checks.js');
  const { publicKeysIn } = await import('../public-keys.js');
  const roots = trustRoots === undefined ? null : publicKeysIn(trustRoots);
  const signatures = { text, armored: await signaturesOf(file), roots };
  const lint = { name: 'policy', state: 'ok' as const, sentence: `${file}, serial ${policy.serial}`, remedy: '' };
  const checks = [lint, ...keyChecks(policy, signatures, shell.canvas().nowMs)];
  shell.emit({ version: 1, file, digest, checks });
  shell.say(...checkTable(checks, shell.canvas()));
  return checks.some(({ state }) => state === 'problem') ? EXIT.badInput : EXIT.done;
}

async function signaturesOf(policyFile: string): Promise<string[]> {
  const { splitArmored } = await import('../../approvals/sshsig.js');
  try {
    return splitArmored(readFileSync(`${policyFile}.sig`, 'utf8'));
  } catch {
    return [];
  }
}

async function add(shell: Shell, person: string, file: string, options: AddOptions): Promise<ExitCode> {
  const { challenge, checkProof, enrolled } = await import('../enrol.js');
  const { publicKeysIn } = await import('../public-keys.js');
  const [key, ...others] = publicKeysIn(file);
  if (!key || others.length > 0) throw new Problem('noSigner', `${file} holds several keys.`, 'Add one at a time.');
  if (options.challenge === true) {
    shell.write(challenge(person, key));
    return EXIT.done;
  }
  if (options.proof === undefined) {
    const remedy = `Whoever holds it signs this: sluice keys add ${person} ${file} --challenge > ${person}.json (see --help)`;
    throw new Problem('unsigned', `Nothing proves that ${person} holds the private half of ${file}.`, remedy);
  }
  const loaded = await policyHere(shell);
  checkProof(person, key, textOf(options.proof));
  const { validFrom, validTo } = options;
  const dates = {
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined ? {} : { validTo }),
  };
  const changed = enrolled(loaded.text, loaded.policy, person, key, dates);
  return replace(shell, loaded, changed, { person, fingerprint: key.fingerprint, did: 'added' });
}

async function revoke(shell: Shell, person: string, fingerprint: string, reason: string): Promise<ExitCode> {
  const { revoked } = await import('../enrol.js');
  const loaded = await policyHere(shell);
  const changed = revoked(loaded.text, loaded.policy, person, fingerprint, { atMs: Date.now(), reason });
  return replace(shell, loaded, changed, { person, fingerprint, did: 'revoked' });
}

interface Changed {
  person: string;
  fingerprint: string;
  did: 'added' | 'revoked';
}

/** Written whole or not at all, and only when it is still a policy. */
async function replace(shell: Shell, loaded: LoadedPolicy, changed: string, what: Changed): Promise<ExitCode> {
  const { succeeding } = await import('../policy-edit.js');
  const { readPolicyText } = await import('../files.js');
  const { file } = loaded;
  const text = succeeding(changed, loaded.digest);
  const { policy, digest } = await readPolicyText(text, file);
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { flag: 'wx' });
  renameSync(fresh, file);
  const { person, fingerprint, did } = what;
  shell.emit({ version: 1, file, serial: policy.serial, digest, person, fingerprint, did });
  const { SIGN_AGAIN } = await import('../key-checks.js');
  shell.say(
    `${shell.paint.green(did)} ${fingerprint} of ${person}: ${file} is serial ${policy.serial} now`,
    ...wrap(
      `No signature fits the file any more. ${SIGN_AGAIN.replaceAll('policy.yaml', file)}`,
      shell.canvas().width,
      '  ',
    ),
    `Then: sluice keys check --policy ${file} --trust-roots ROOTS`,
  );
  return EXIT.done;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Problem('badSignature', `${file} cannot be read: ${messageOf(error)}`, 'Name a readable file.', error);
  }
}

function instant(text: string): string {
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(at.getTime())) {
    throw new InvalidArgumentError('give a time such as 2026-01-01T00:00:00Z.');
  }
  return at.toISOString().replace('.000Z', 'Z');
}
