/**
 * `sluice review`: emergency starts that await a look afterwards, and the look itself, signed. Works on the host of the
 * evidence root, with the policy at hand; needs no Temporal.
 */
import type { Command } from 'commander';
import type { LedgerEntry } from '../../approvals/break-glass.js';
import type { Policy } from '../../approvals/policy.js';
import type { Platform } from '../../plan/platform-types.js';
import { NAMESPACES } from '../../workflows/contract/decisions.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { Problem } from '../problem.js';
import { confirm } from './ask.js';
import { act, type Shell } from './shell.js';

interface ReviewOptions {
  finding?: string;
  yes?: boolean;
}

export function reviewVerb(root: Command): void {
  root
    .command('review')
    .argument('[rollout]', 'rollout id of an emergency start; none: lists them')
    .option('--finding <text>', 'what you found, for the record')
    .option('--yes', 'do not ask')
    .description('look back at an emergency start, signed; none named: what is owed')
    .action(
      act<ReviewOptions>(async (shell, [rolloutId], options) =>
        rolloutId === undefined ? list(shell) : review(shell, rolloutId, options),
      ),
    );
}

async function list(shell: Shell): Promise<ExitCode> {
  const entries = await entriesHere(shell);
  const { emergencyTable } = await import('../render/review.js');
  shell.emit({ version: 1, emergencies: entries });
  shell.say(...(entries.length === 0 ? ['There was no emergency start.'] : emergencyTable(entries, shell.canvas())));
  return EXIT.done;
}

async function review(shell: Shell, rolloutId: string, { finding, yes }: ReviewOptions): Promise<ExitCode> {
  const entry = await owed(shell, rolloutId);
  const [platform, policy] = [await platformHere(shell), await policyHere(shell)];
  if (finding === undefined || finding.trim() === '') {
    throw new Problem('breakGlassRefused', 'A review says what it found.', 'Add --finding "..."');
  }
  const { keepReview } = await import('../review.js');
  const { reviewStatement, unfitReview, unfitReviewer } = await import('../../approvals/review.js');
  const { openSigner, sign } = await import('../sign.js');
  const { reviewLines } = await import('../render/review.js');
  const unfit = unfitReviewer(shell.me, entry, policy);
  if (unfit)
    throw new Problem(unfit.code, unfit.sentence, 'Say who you are with --as; `sluice keys list` shows roles.');
  const signer = await openSigner(shell.keyFile);
  const atMs = Date.now();
  const statement = reviewStatement(entry, { finding, by: shell.me, key: signer.key.fingerprint, issuedAtMs: atMs });
  shell.say(...reviewLines(statement, entry, shell.canvas()), '');
  const remedy = `Add --yes: sluice review ${rolloutId} --finding "..." --as ${shell.me} --key ${signer.file} --yes`;
  if (!(await confirm(`Sign this review as ${shell.me}?`, yes === true, remedy))) {
    shell.emit({ version: 1, rolloutId, state: 'notSigned' });
    shell.say('Nothing was signed.');
    return EXIT.refused;
  }
  const signed = { statement, signature: await sign(signer, NAMESPACES.review, statement) };
  const refusal = unfitReview(signed, entry, policy, atMs);
  if (refusal) throw new Problem(refusal.code, refusal.sentence, 'See the keys the policy has: sluice keys list');
  const kept = await keepReview(platform, entry, { ...signed, by: shell.me, atMs });
  shell.emit({ version: 1, ...kept });
  shell.say(`${shell.paint.green('reviewed')} ${kept.rolloutId} by ${kept.reviewedBy}: it blocks no further start`);
  return EXIT.done;
}

async function entriesHere(shell: Shell): Promise<LedgerEntry[]> {
  const platform = await platformHere(shell);
  const { tenant } = shell.common;
  const { emergencies } = await import('../review.js');
  return emergencies(platform, tenant === undefined ? Object.keys(platform.tenants) : [tenant]);
}

async function owed(shell: Shell, rolloutId: string): Promise<LedgerEntry> {
  const entry = (await entriesHere(shell)).find((each) => each.rolloutId === rolloutId);
  if (!entry) {
    const message = `The ledger has no emergency start ${rolloutId}.`;
    throw new Problem('notFound', message, 'See those there are: sluice review');
  }
  if (entry.reviewedAtMs === null) return entry;
  const message = `${rolloutId} was reviewed by ${entry.reviewedBy} already.`;
  throw new Problem('duplicate', message, 'Nothing is left to do.');
}

async function platformHere(shell: Shell): Promise<Platform> {
  const loaded = await shell.platform();
  if (loaded) return loaded.platform;
  const remedy = 'Name it with --platform or SLUICE_PLATFORM, on the host of the evidence.';
  throw new Problem('badPlatform', 'The platform file says where the ledger lies, and there is none here.', remedy);
}

async function policyHere(shell: Shell): Promise<Policy> {
  const { loadPolicy } = await import('../files.js');
  const loaded = await loadPolicy(shell.common.policy);
  if (loaded) return loaded.policy;
  throw new Problem('badPolicy', 'There is no policy.yaml here.', 'Name it with --policy or SLUICE_POLICY.');
}
