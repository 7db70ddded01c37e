/** The two commands as a person types them: exit codes, files, and no Temporal where none is needed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { keyRing } from '../../support/ssh.js';
import { keptRollout } from './fixture.js';
import { type Files, ROLLOUT_ID } from './keeping.js';

const ring = keyRing();
const directory = mkdtempSync(join(tmpdir(), 'sluice-verbs-'));
after(() => {
  ring.remove();
  rmSync(directory, { recursive: true, force: true });
});
const MAIN = join(import.meta.dirname, '../../../client/cli/main.ts');
const evidence = join(directory, 'evidence/mail', ROLLOUT_ID);
writeFileSync(join(directory, 'ROOT.pub'), `${ring.key('root-a').line} a root of the tests\n`);
writeFileSync(
  join(directory, 'platform.yaml'),
  [
    'version: 1',
    'mode: development',
    'tenants:',
    '  mail:',
    '    stores: { flags: { kind: flagd, file: flags.json } }',
    '    registries: { models: { kind: files, root: models, alias: production } }',
    '    evidence: { root: evidence }',
    '',
  ].join('\n'),
);
const LOADED = 'TEMPORAL WAS LOADED\n';
/** Says at the end whether any part of Temporal was loaded. */
const WATCH = join(directory, 'watch.cjs');
writeFileSync(
  WATCH,
  `process.on('exit', () => { if (Object.keys(require('node:module')._cache).some((path) => path.includes('@temporalio'))) console.error('TEMPORAL WAS LOADED'); });`,
);

function keep(files: Files): void {
  rmSync(evidence, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(evidence, path)), { recursive: true });
    writeFileSync(join(evidence, path), bytes);
  }
}

interface Ran {
  code: number | null;
  out: string;
  err: string;
  hasLoadedTemporal: boolean;
}

function sluice(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--require', WATCH, MAIN, ...args],
    // Nothing listens there: whoever asks Temporal is told so at once.
    { cwd: directory, encoding: 'utf8', timeout: 30_000, env: { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' } },
  );
  return { code: status, out: stdout, err: stderr.replace(LOADED, ''), hasLoadedTemporal: stderr.includes(LOADED) };
}

describe('sluice bundle', () => {
  it('writes the same bytes whenever it is asked, without Temporal once the history is kept', () => {
    keep(keptRollout(ring));
    const first = sluice('bundle', 'spam-filter', '--out', 'one.tar');
    const second = sluice('bundle', ROLLOUT_ID, '--out', 'two.tar', '--json');
    assert.deepEqual([first.code, second.code, first.err, second.err], [0, 0, '', '']);
    assert.deepEqual(readFileSync(join(directory, 'one.tar')), readFileSync(join(directory, 'two.tar')));
    const told = JSON.parse(second.out) as { digest: string; rolloutId: string };
    assert.equal(told.rolloutId, ROLLOUT_ID);
    assert.ok(first.out.includes(told.digest));
  });

  it('says that the raw history is missing when Temporal is gone and nobody kept it', () => {
    const files = keptRollout(ring);
    files.delete('history.json');
    keep(files);
    const bundled = sluice('bundle', 'spam-filter', '--out', 'bare.tar');
    assert.equal(bundled.code, 21);
    assert.match(bundled.err, /Without the raw history: No Temporal server answers/);
    const verified = sluice('verify', 'bare.tar', '--trust', 'ROOT.pub');
    assert.equal(verified.code, 21);
    assert.match(verified.out, /incomplete {2}history/);
  });

  it('bundles a rollout that goes on, and says so', () => {
    keep(keptRollout(ring, { isOpen: true }));
    const bundled = sluice('bundle', 'spam-filter', '--out', 'open.tar');
    assert.equal(bundled.code, 21);
    assert.match(bundled.err, /has not ended/);
  });

  it('refuses evidence in which a file was replaced by a link', () => {
    keep(keptRollout(ring));
    rmSync(join(evidence, 'journal.jsonl'));
    symlinkSync(join(directory, 'ROOT.pub'), join(evidence, 'journal.jsonl'));
    const bundled = sluice('bundle', ROLLOUT_ID, '--out', 'link.tar');
    assert.notEqual(bundled.code, 0);
    assert.match(bundled.err, /journal\.jsonl/);
  });

  it('says what it does not find', () => {
    assert.equal(sluice('bundle', 'unheard-of').code, 2);
  });
});

describe('sluice verify', () => {
  it('answers 0 with a root key, 21 without, and never loads Temporal', () => {
    keep(keptRollout(ring));
    sluice('bundle', 'spam-filter', '--out', 'whole.tar');
    const anchored = sluice('verify', 'whole.tar', '--trust', 'ROOT.pub');
    assert.deepEqual([anchored.code, anchored.err, anchored.hasLoadedTemporal], [0, '', false]);
    assert.match(anchored.out, /Valid: nothing was altered/);
    const loose = sluice('verify', '--json', 'whole.tar');
    assert.deepEqual([loose.code, loose.err], [21, '']);
    assert.equal((JSON.parse(loose.out) as { exit: number }).exit, 21);
  });

  it('answers 20 for an altered file and names what was altered', () => {
    const bytes = readFileSync(join(directory, 'whole.tar'));
    const at = bytes.indexOf('"decision":"approve"');
    bytes.write('X', at + 3);
    writeFileSync(join(directory, 'altered.tar'), bytes);
    const verified = sluice('verify', 'altered.tar', '--trust', 'ROOT.pub');
    assert.equal(verified.code, 20);
    assert.match(verified.out, /INVALID {5}checksums {4}decisions\/9\.json is not the file/);
  });

  it('tells a file that is no bundle, no file, and no key apart', () => {
    assert.equal(sluice('verify', 'platform.yaml').code, 20);
    assert.equal(sluice('verify', 'nowhere.tar').code, 2);
    assert.equal(sluice('verify', 'whole.tar', '--trust', 'platform.yaml').code, 3);
  });
});
