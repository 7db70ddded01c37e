/** What proof costs: a signature, the check of a decision, and the whole record of a rollout. */
import { verifySshsig } from '../../approvals/sshsig.js';
import { bundle } from '../../evidence/bundle.js';
import { verifyBundle } from '../../evidence/verify.js';
import { NAMESPACES } from '../../workflows/contract/decisions.js';
import { keyRing, type KeyRing } from '../support/ssh.js';
import { keptRollout } from '../unit/evidence/fixture.js';
import { journalIn, publicKey } from '../unit/evidence/keeping.js';
import { type Benchmark, median, type Row, type Size } from './row.js';

const SIGNATURES = 200;
const ENTRIES = 1_000;

export const signatures: Benchmark = {
  name: 'proof',
  title: 'Signatures and the record',
  limitMs: 90_000,
  run: measure,
};

async function measure({ quick }: Size): Promise<Row[]> {
  const ring = keyRing();
  try {
    return [...checkRows(ring, quick ? 20 : SIGNATURES), ...(await recordRows(ring, quick ? 1 : 5))];
  } finally {
    ring.remove();
  }
}

function checkRows(ring: KeyRing, times: number): Row[] {
  const method = `\`verifySshsig\` over a text of 2 kB, one signature by ssh-keygen checked ${times} times after a warm-up of ten; one thread, pure JavaScript (noble).`;
  const row = { target: null, unit: 'per s', method, limits: 'reading the policy; the local activity around it.' };
  const text = 'x'.repeat(2_000);
  return (['ed25519', 'ecdsa'] as const).map((type): Row => {
    const armored = ring.key(`bench-${type}`, type).sign(NAMESPACES.approve, text);
    const once = (): void => {
      const { kind } = verifySshsig({ message: text, armored, namespace: NAMESPACES.approve });
      if (kind !== 'valid') throw new Error('a genuine signature was refused');
    };
    for (let time = 0; time < 10; time += 1) once();
    const began = performance.now();
    for (let time = 0; time < times; time += 1) once();
    return { what: `signatures checked, ${type}`, measured: times / ((performance.now() - began) / 1_000), ...row };
  });
}

async function recordRows(ring: KeyRing, times: number): Promise<Row[]> {
  const small = await bundle(keptRollout(ring));
  const files = keptRollout(ring, { refusals: ENTRIES });
  const large = await bundle(files);
  const entries = journalIn(files).length;
  const roots = ['root-a', 'root-b'].map((name) => publicKey(ring, name));
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    const { exit } = await verifyBundle(large, roots);
    took.push(performance.now() - began);
    if (exit !== 0) throw new Error(`a genuine bundle was found ${exit}`);
  }
  const method = `A rollout of two stages, one signed approval, two windows a step, made by the workflow's own reducers; the larger one with ${ENTRIES} refused messages in its journal (${entries} entries). Verified with trust roots, in one process; median of ${times}.`;
  const row = {
    target: null,
    method,
    limits: 'starting the program; many windows, of which a bundle holds every one.',
  };
  return [
    { what: `verifying a journal of ${entries} entries`, measured: median(took), unit: 'ms', ...row },
    { what: 'its bundle', measured: large.length / 1_000, unit: 'kB', ...row },
    { what: 'a bundle without the refused messages', measured: small.length / 1_000, unit: 'kB', ...row },
  ];
}
