/** Is the journal whole, from its first entry to its last, and do the digests that people signed fit the files? Pure. */
import { verifySshsig } from '../../approvals/sshsig.js';
import { readStatement } from '../../approvals/statement.js';
import { type Checkpoint, NAMESPACES, type Request, STATEMENT_LIMIT } from '../../workflows/contract/decisions.js';
import { firstBreak } from '../chain.js';
import { type Dossier, type Frozen, type KeptCheckpoint, object, told } from '../dossier.js';
import { digestOfManifest, JOURNAL, type ManifestEntry, manifestOf, sha256Hex } from '../manifest.js';
import { type Case, type Check, count, type Finding, incomplete, invalid, ok } from './line.js';
import { startedIn } from './policy.js';

export const journalChecks: Check[] = [
  { name: 'journal', find: journal },
  { name: 'checkpoints', find: checkpoints },
  { name: 'evidence', find: evidence },
];

function journal({ dossier, hasEnded }: Case): Finding[] {
  const { entries, badLine } = dossier;
  const broken = firstBreak(entries);
  const twin = broken
    ? entries.find(({ seq }, index) => seq === broken.seq - 1 && entries[index - 1]?.seq === seq)
    : null;
  if (twin) return invalid(`entry ${twin.seq} stands there twice: the workflow was reset, or two histories were mixed`);
  if (broken) return invalid(broken.why);
  if (badLine !== null) return invalid(`entry ${badLine} is not a journal entry`);
  if (entries.length === 0) return incomplete('the journal is empty');
  const started = startedIn(dossier);
  if (started?.seq !== 1) return invalid('entry 1 does not say that the rollout started');
  const chain = `${count(entries.length, 'entry', 'entries')}, an unbroken chain`;
  return hasEnded ? ok(chain) : incomplete(`${chain}; the rollout has not ended, or the end was cut off`);
}

function checkpoints(bundle: Case): Finding[] {
  const { checkpoints: kept, entries } = bundle.dossier;
  if (kept.length === 0) {
    return incomplete('none: whoever keeps the evidence store could have written the journal anew');
  }
  const fork = forked(kept);
  if (fork !== null) return invalid(fork);
  for (const checkpoint of kept) {
    const wrong = wrongCheckpoint(bundle, checkpoint);
    if (wrong !== null) return invalid(`${checkpoint.path}: ${wrong}`);
  }
  const last = kept.flatMap(({ says }) => (says?.final ? [says] : [])).at(-1);
  const keepers = [...new Set(kept.flatMap((each) => keeperOf(bundle, each) ?? []))].join(', ');
  const many = `${count(kept.length, 'checkpoint')} signed by log key ${keepers}`;
  if (!last) return incomplete(`${many}; none says that it is the last, so a tail may have been cut off`);
  if (last.size !== entries.length) {
    return invalid(
      `the last checkpoint covers ${count(last.size, 'entry', 'entries')}, and ${entries.length} are there`,
    );
  }
  return ok(`${many}; the last covers all ${count(last.size, 'entry', 'entries')}`);
}

function wrongCheckpoint(bundle: Case, checkpoint: KeptCheckpoint): string | null {
  const { says, signed } = checkpoint;
  const { entries, plan } = bundle.dossier;
  const read = readStatement(signed.statement, STATEMENT_LIMIT);
  if (read.kind === 'refused') return read.sentence;
  if (!says) return 'this is no checkpoint';
  if (keeperOf(bundle, checkpoint) === null) return whyUnsigned(checkpoint);
  const rolloutId = startedIn(bundle.dossier)?.details['rolloutId'];
  if (says.rolloutId !== rolloutId || says.tenant !== plan?.tenant) return `it is of rollout ${told(says.rolloutId)}`;
  if (says.size > entries.length) {
    return `it covers entry ${entries.length + 1}, which is not there: the tail was cut off at entry ${entries.length}`;
  }
  return headAt(says, entries) ? null : `entry ${says.size} is not the one it covers`;
}

function headAt({ size, head }: Checkpoint, entries: Dossier['entries']): boolean {
  return entries[size - 1]?.hash === head;
}

/** Name of the log key that signed it; null: none of the policy's. */
function keeperOf({ policy }: Case, { signed }: KeptCheckpoint): string | null {
  const check = signatureOf(signed.statement, signed.signature);
  if (check.kind === 'refused') return null;
  return policy?.logs.find(({ fingerprint }) => fingerprint === check.key.fingerprint)?.name ?? null;
}

function whyUnsigned({ signed }: KeptCheckpoint): string {
  const check = signatureOf(signed.statement, signed.signature);
  return check.kind === 'refused' ? check.sentence : `${check.key.fingerprint} is no log key of the policy`;
}

function signatureOf(message: string, armored: string): ReturnType<typeof verifySshsig> {
  return verifySshsig({ message, armored, namespace: NAMESPACES.checkpoint });
}

function forked(kept: readonly KeptCheckpoint[]): string | null {
  const heads = new Map<number, KeptCheckpoint>();
  for (const checkpoint of kept) {
    const { says, path } = checkpoint;
    const other = says && heads.get(says.size);
    if (says && other && other.says?.head !== says.head) {
      return `${other.path} and ${path} state two heads at entry ${says.size}: the log forked`;
    }
    if (says) heads.set(says.size, checkpoint);
  }
  return null;
}

/** The digests that approvers and log keys signed, each made again from the files. */
function evidence({ dossier, hasEnded }: Case): Finding[] {
  const found = new Map(manifestOf(dossier.files).map((entry) => [entry.path, entry]));
  for (const frozen of dossier.frozen) {
    const wrong = wrongFrozen(dossier, frozen, found);
    if (wrong !== null) return invalid(wrong);
  }
  const known = new Set<string>(dossier.frozen.map(({ entries }) => digestOfManifest(entries)));
  const digest = digestOfManifest([...found.values()]);
  known.add(digest);
  const claims = claimsOf(dossier);
  const final = dossier.checkpoints.find(({ says }) => says?.final);
  if (final?.says && final.says.evidence !== digest)
    return invalid(`${final.path} covers other files: ${extraOf(dossier, found)}`);
  const open = claims.filter((claim) => !known.has(claim.digest));
  const [first] = open;
  if (first)
    return incomplete(`the list of files behind ${first.what} is not there, so what was signed cannot be compared`);
  const what = `${count(claims.length, 'signed digest')} made again from ${count(found.size, 'file')}`;
  if (claims.length === 0) return incomplete('no digest of the evidence was signed');
  return hasEnded && !final ? incomplete(`${what}; none covers the end`) : ok(what);
}

interface Claim {
  what: string;
  digest: string;
}

function claimsOf({ entries, checkpoints: kept }: Dossier): Claim[] {
  const requests = entries.flatMap(({ event, seq, details }): Claim[] => {
    const request = event === 'requested' ? (object(details['request']) as Request | null) : null;
    return request ? [{ what: `the request of entry ${seq}`, digest: request.digests.evidence }] : [];
  });
  return [...requests, ...kept.flatMap(({ says, path }) => (says ? [{ what: path, digest: says.evidence }] : []))];
}

/** Names the first file that is not as it was when the list was made. The journal has grown since: its beginning counts. */
function wrongFrozen(dossier: Dossier, frozen: Frozen, found: ReadonlyMap<string, ManifestEntry>): string | null {
  for (const entry of frozen.entries) {
    const now = entry.path === JOURNAL ? beginning(dossier, entry.size) : found.get(entry.path);
    if (now?.sha256 === entry.sha256 && now.size === entry.size) continue;
    const what = now ? 'is not what it was' : 'is not there any more';
    return `evidence/${entry.path} ${what} when ${frozen.path} listed it`;
  }
  return null;
}

function beginning({ files }: Dossier, size: number): ManifestEntry | null {
  const bytes = files.get(JOURNAL);
  if (!bytes || bytes.length < size) return null;
  return { path: JOURNAL, size, sha256: sha256Hex(bytes.subarray(0, size)) };
}

/** A file the last list does not have, or has otherwise. */
function extraOf({ frozen }: Dossier, found: ReadonlyMap<string, ManifestEntry>): string {
  const listed = new Set(frozen.at(-1)?.entries.map(({ path }) => path) ?? []);
  const added = [...found.keys()].find((path) => !listed.has(path));
  return listed.size > 0 && added !== undefined ? `evidence/${added} came later` : 'one was altered, added or removed';
}
