/** Bundles whose every digest fits, made by an operator who runs the servers and holds the log key: what happened is judged. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { matchQuorum } from '../../../approvals/quorum.js';
import { pack } from '../../../evidence/archive.js';
import { bundle, bundleFiles, sums, SUMS } from '../../../evidence/bundle.js';
import { verifyBundle } from '../../../evidence/verify.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout } from './fixture.js';
import { bytesOf, document, type Files, journalIn, publicKey, sealAgain, textIn } from './keeping.js';
import { look, statesOf } from './looking.js';

const ring = keyRing();
after(() => ring.remove());

describe('a forged rollout', () => {
  it('is named for a decision by a key the policy does not list', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { signer: 'mallory' }));
    assert.equal(exit, 20);
    assert.match(said['decisions'] ?? '', /^invalid: decisions\/9\.json, entry 9: .*\[unknownKey\]/);
    assert.match(said['quorum'] ?? '', /^invalid: the raise of entry 10 to beta/);
  });

  it('is named for a decision signed by another person of the policy', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { signer: 'rex' }));
    assert.equal(exit, 20);
    assert.match(said['decisions'] ?? '', /^invalid: decisions\/9\.json/);
  });

  it('is named for a raise that nobody was asked for', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { isUnasked: true }));
    assert.equal(exit, 20);
    assert.match(said['quorum'] ?? '', /^invalid: the raise of entry \d+ to beta: nobody was asked for it/);
  });

  it('is named for a raise without the pass before it', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { isUnjudged: true }));
    assert.equal(exit, 20);
    assert.match(said['raises'] ?? '', /^invalid: the raise of entry \d+ came without a pass of internal step 1/);
  });

  it('is named for a pass that its windows do not show', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { errors: 500 }));
    assert.equal(exit, 20);
    assert.match(said['verdicts'] ?? '', /^invalid: entry 12 says pass; its windows say fail/);
  });
});

describe('an emergency start', () => {
  // Its rollouts end while people decide on beta: with its one gate waived nothing could pass.
  it('holds when the quorum of the policy approved it', async () => {
    const { exit, said } = await look(
      ring,
      keptRollout(ring, { emergency: ['ada', 'rex'], isUnjudged: true, isOpen: true }),
    );
    assert.equal(exit, 21);
    assert.match(said['emergency'] ?? '', /^ok: outage, approved by p-ada, p-rex/);
    assert.match(said['review'] ?? '', /^note: .*errors-low waived up to 30 %/);
  });

  it('is named when somebody of its quorum is missing', async () => {
    const { exit, said } = await look(ring, keptRollout(ring, { emergency: ['ada'], isUnjudged: true, isOpen: true }));
    assert.equal(exit, 20);
    assert.match(said['emergency'] ?? '', /^invalid: .*risk/);
  });

  it('is named when an approval is of a key the policy does not list', async () => {
    const story = { emergency: ['ada', 'rex', 'mallory'], isUnjudged: true, isOpen: true };
    const { exit, said } = await look(ring, keptRollout(ring, story));
    assert.equal(exit, 20);
    assert.match(said['emergency'] ?? '', /^invalid: an approval of the emergency start does not count/);
  });
});

describe('evidence altered after it was signed', () => {
  const genuine = keptRollout(ring);
  const WINDOW = 'windows/internal-0-1/errors/0.json';

  it('names the window an approver had signed for, though the last checkpoint was signed again', async () => {
    const files: Files = new Map(genuine);
    const better = textIn(files.get(WINDOW) ?? new Uint8Array()).replace('"units":2000', '"units":9000');
    files.set(WINDOW, bytesOf(better));
    sealAgain(ring, files, journalIn(files));
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(
      said['evidence'] ?? '',
      new RegExp(`^invalid: evidence/${WINDOW} is not what it was when documents/frozen-7`),
    );
  });

  it('names a window that was taken away', async () => {
    const files: Files = new Map(genuine);
    files.delete(WINDOW);
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['evidence'] ?? '', new RegExp(`^invalid: evidence/${WINDOW} is not there any more`));
  });

  it('never takes in a file that came after the end was sealed', async () => {
    const later: Files = new Map([...genuine, ['windows/beta-0-1/errors/9.json', bytesOf('{}\n')]]);
    assert.deepEqual(await bundle(later), await bundle(genuine));
  });

  it('names a file that somebody put into the bundle after the end, with fitting checksums', async () => {
    const files = bundleFiles(genuine);
    files.set('evidence/documents/note.json', bytesOf('{}\n'));
    files.set(SUMS, bytesOf(sums(files)));
    const found = await verifyBundle(await pack(files), [publicKey(ring, 'root-a')]);
    assert.equal(found.exit, 20);
    assert.match(statesOf(found)['contents'] ?? '', /^invalid: evidence\/documents\/note\.json is extra/);
    assert.match(statesOf(found)['evidence'] ?? '', /evidence\/documents\/note\.json came later/);
  });

  it('says that a pinned policy is not the one in the bundle', async () => {
    const files: Files = new Map(genuine);
    const source = JSON.parse(textIn(files.get('documents/policy-source.json') ?? new Uint8Array())) as {
      text: string;
    };
    document(files, 'policy-source', { ...source, text: source.text.replace('serial: 3', 'serial: 4') });
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['policy'] ?? '', /^invalid: the policy is sha256:.* was pinned at admission/);
  });

  it('says that the plan is not the one that was started', async () => {
    const files: Files = new Map(genuine);
    const plan = textIn(files.get('documents/plan.json') ?? new Uint8Array());
    files.set('documents/plan.json', bytesOf(plan.replace('"provenBelow":"1%"', '"provenBelow":"9%"')));
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['plan'] ?? '', /^invalid: the plan is sha256:/);
  });

  it('says which in-toto statement was embellished', async () => {
    const files: Files = new Map(genuine);
    const statements = textIn(files.get('documents/statements.json') ?? new Uint8Array());
    files.set('documents/statements.json', bytesOf(statements.replace('spam-filter@nb-2', 'spam-filter@nb-3')));
    const { exit, said } = await look(ring, files);
    assert.equal(exit, 20);
    assert.match(said['statements'] ?? '', /^invalid: in-toto statement 1/);
  });

  it('is nothing a crafted document can hide by breaking the program', async () => {
    for (const [name, value] of [
      ['plan', { stages: [{ name: 'internal', steps: [null] }] }],
      ['admission', { digests: null }],
      ['policy', { people: 'nobody', logs: 3 }],
      ['statements', [{ a: 1 }]],
      ['start-order', { statement: '{}', signature: 'x' }],
    ] as const) {
      const files: Files = new Map(genuine);
      document(files, name, value);
      const { exit } = await look(ring, files);
      assert.equal(exit, 20, name);
    }
  });
});

it('counts one person once, so two yeses of one leave a second slot open', () => {
  const rules = [{ role: 'modelOwner', min: 2 }];
  const ada = { id: 'p-ada', roles: ['modelOwner'] };
  assert.equal(matchQuorum(rules, [ada, ada]).satisfied, false);
});
