/** Are the files those that were bundled, and does what lies beside the evidence follow from it? Pure. */
import { bundleFiles, EVIDENCE, evidenceIn, firstDifference, readSums, SUMS } from '../bundle.js';
import { byBytes } from '../archive.js';
import { sha256Hex } from '../manifest.js';
import { type Case, type Check, count, type Finding, invalid, ok } from './line.js';

export const contentChecks: Check[] = [
  { name: 'checksums', find: ({ files }) => checksums(files) },
  { name: 'contents', find: ({ files }) => contents(files) },
  { name: 'readable', find: readable },
];

/** Names the first file that is not what SHA256SUMS says. */
export function checksums(files: ReadonlyMap<string, Uint8Array>): Finding[] {
  const said = readSums(files.get(SUMS));
  if (!said) return invalid(`${SUMS} is missing or not as sha256sum writes it`);
  const others = [...files.keys()].filter((path) => path !== SUMS);
  for (const path of [...new Set([...said.keys(), ...others])].sort(byBytes)) {
    const bytes = files.get(path);
    if (!bytes) return invalid(`${path} is in ${SUMS} but not in the archive`);
    if (!said.has(path)) return invalid(`${path} is in the archive but not in ${SUMS}`);
    if (said.get(path) !== sha256Hex(bytes)) return invalid(`${path} is not the file that ${SUMS} was made of`);
  }
  return ok(`all ${count(others.length, 'file')} are what ${SUMS} says`);
}

/** Policy, signers, decisions, checkpoints and README are made from the evidence; here they are made again. */
export function contents(files: ReadonlyMap<string, Uint8Array>): Finding[] {
  const expected = bundleFiles(evidenceIn(files));
  // The list of sums differs whenever anything does, so it is looked at last.
  const differs = firstDifference(without(SUMS, expected), without(SUMS, files)) ?? firstDifference(expected, files);
  if (!differs) return ok('signers, policy, decisions, checkpoints and README follow from the evidence');
  switch (differs.how) {
    case 'missing':
      return invalid(`${differs.path} is missing: the evidence calls for it`);
    case 'extra':
      return invalid(`${differs.path} is extra: nothing in the evidence calls for it`);
    case 'other':
      return invalid(`${differs.path} is not what the evidence makes of it`);
  }
}

function without(path: string, files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map([...files].filter(([each]) => each !== path));
}

function readable({ dossier }: Case): Finding[] {
  const [first] = dossier.unreadable;
  return first === undefined ? [] : invalid(`${EVIDENCE}${first} is not JSON`);
}
