/** `sluice judge` on files of recorded windows, as people and programs meet it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { widthOf } from '../../../client/render/text.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import { EXIT } from '../../../workflows/contract/errors.js';
import { type Ran, sluice } from './run-cli.js';

const EXAMPLES = fileURLToPath(new URL('../../../examples/judge/', import.meta.url));
const GATES = join(EXAMPLES, 'gates.yaml');
const [BAD, GOOD] = ['bad.csv', 'good.csv'].map((name) => join(EXAMPLES, name)) as [string, string];

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-judge-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text);
  return join(directory, name);
}

const judge = (gates: string, ...args: string[]): Promise<Ran> => sluice(['judge', gates, ...args], { cwd: directory });

interface Document {
  version: number;
  splitChecked: boolean;
  notes: string[];
  looks: (StepVerdict & { window: number; start: string; end: string })[];
  first: { window: number; verdict: string; gate: string | null; slice: string | null } | null;
}
/** Lines are broken where there is no room. */
const joined = (text: string): string => text.replace(/\s+/g, ' ');
const parsed = ({ out }: Ran): Document => JSON.parse(out) as Document;

test('a slice that is harmed is found, told first and last, drawn, and ends with 10', async () => {
  const { code, out } = await judge(GATES, '--data', BAD);
  assert.equal(code, EXIT.rolledBack);
  const verdicts = out.split('\n').filter((line) => line.includes('FAIL at window'));
  assert.equal(verdicts.length, 2);
  assert.equal(out.trimEnd().split('\n').at(-1), verdicts[0]);
  assert.match(
    verdicts[0] ?? '',
    /^✘ FAIL at window \d+ \(09:\d\d:00Z to 09:\d\d:00Z\), after \d+ min of data: mail-lost \(mailType=hard\)$/,
  );
  assert.match(out, /mailType=hard is \d+(\.\d+)? points worse, at least/);
  assert.match(out, /mail-lost \(mailType=hard\) +inconclusive from 0 \(09:00:00Z\) → fail from/);
  for (const part of ['60 baseline windows before them calibrate', '░', '─ roll back 0.5 pp', '┄ pass 3 pp'])
    assert.ok(joined(out).includes(part), part);
});

test('in a pipe there is no colour and no line beyond a hundred columns', async () => {
  const { out } = await judge(GATES, '--data', BAD);
  assert.ok(!out.includes('\u001b'));
  for (const line of out.split('\n')) assert.ok(widthOf(line) <= 100, line);
});

test('programs get one object: every look with every gate, then the first decision', async () => {
  const ran = await judge(GATES, '--data', BAD, '--json');
  assert.equal(ran.code, EXIT.rolledBack);
  assert.equal(ran.err, '');
  const { version, looks, first, splitChecked } = parsed(ran);
  assert.equal(version, 1);
  assert.equal(splitChecked, true);
  assert.deepEqual(
    looks.map(({ window }) => window),
    Array.from({ length: 60 }, (_, i) => i),
  );
  assert.deepEqual([looks[0]?.start, looks[0]?.end], ['2026-03-02T09:00:00.000Z', '2026-03-02T09:01:00.000Z']);
  assert.deepEqual(first, {
    window: looks.findIndex(({ verdict }) => verdict === 'fail'),
    verdict: 'fail',
    gate: 'mail-lost',
    slice: 'mailType=hard',
  });
  const keys = [
    'gate',
    'slice',
    'lane',
    'verdict',
    'estimate',
    'lower',
    'upper',
    'level',
    'eValue',
    'reasons',
    'sentence',
    'control',
  ];
  for (const gate of looks.at(-1)?.gates ?? []) for (const key of keys) assert.ok(Object.hasOwn(gate, key), key);
  assert.equal(looks.at(-1)?.verdict, 'fail');
});

test('an equal candidate passes with 0, and the pass is of no single gate', async () => {
  const ran = await judge(GATES, '--data', GOOD, '--json');
  assert.equal(ran.code, EXIT.done);
  const { first } = parsed(ran);
  assert.deepEqual({ ...first, window: 0 }, { window: 0, verdict: 'pass', gate: null, slice: null });
});

test('undecided is 11 and null; minimums given on the command line withhold a pass', async () => {
  const ran = await judge(GATES, '--data', GOOD, '--min-units', '1000000', '--json');
  assert.equal(ran.code, EXIT.waiting);
  assert.equal(parsed(ran).first, null);
  const { code, out } = await judge(GATES, '--data', GOOD, '--min-bake', '2h');
  assert.equal(code, EXIT.waiting);
  assert.match(joined(out), /a pass needs 2 h of judged time/);
  assert.match(out, /^… UNDECIDED after 60 looks, 1 h of data$/m);
});

test('one gate alone is judged when it is named, and an unnamed one is refused with those there are', async () => {
  const ran = await judge(GATES, '--data', BAD, '--gate', 'latency', '--json');
  assert.equal(ran.code, EXIT.done);
  assert.deepEqual([...new Set(parsed(ran).looks.flatMap(({ gates }) => gates.map(({ gate }) => gate)))], ['latency']);
  const { code, err } = await judge(GATES, '--data', BAD, '--gate', 'latencies');
  assert.equal(code, EXIT.badInput);
  assert.match(err, /no gate "latencies"[^]*mail-lost, latency/);
});

test('JSON lines are judged to the same end as CSV', async () => {
  const [header = '', ...rows] = (await readFile(BAD, 'utf8')).trim().split('\n');
  const names = header.split(',');
  const lines = rows.map((row) =>
    JSON.stringify(
      Object.fromEntries(
        row
          .split(',')
          .map((value, i) => [names[i], value] as const)
          .filter(([, value]) => value !== ''),
      ),
    ),
  );
  const ran = await judge(GATES, '--data', await file('bad.jsonl', lines.join('\n')), '--json');
  assert.equal(ran.code, EXIT.rolledBack);
  assert.deepEqual(parsed(ran).looks, parsed(await judge(GATES, '--data', BAD, '--json')).looks);
});

test('without a share the split is not checked, and that is said', async () => {
  const text = (await readFile(GOOD, 'utf8')).split('\n').map((line) => line.split(',').toSpliced(6, 1).join(','));
  const ran = await judge(GATES, '--data', await file('no-share.csv', text.join('\n')), '--json');
  assert.equal(ran.code, EXIT.done);
  const { splitChecked, notes, looks } = parsed(ran);
  assert.equal(splitChecked, false);
  assert.match(notes.join(), /no column share: the split seen, 25(\.\d)? %/);
  assert.ok(looks.every(({ split }) => !split.broken));
});

test('a share that is not the one seen holds every comparison back', async () => {
  const text = (await readFile(GOOD, 'utf8')).replaceAll(',0.25,', ',0.5,');
  const { code, out } = await judge(GATES, '--data', await file('half.csv', text));
  assert.equal(code, EXIT.waiting);
  assert.match(out, /The split is broken: 25(\.\d)? % of .* 50 % was asked/);
});

test('bad rows are named, twenty of them and how many more; nothing is judged, with 2', async () => {
  const text = (await readFile(GOOD, 'utf8'))
    .split('\n')
    .map((line, i) =>
      i > 0 && i <= 25 ? line.replace('mail-lost,', 'mail-list,').replace('latency,', 'late,') : line,
    );
  const data = await file('broken.csv', text.join('\n'));
  const { code, out, err } = await judge(GATES, '--data', data);
  assert.equal(code, EXIT.badInput);
  assert.doesNotMatch(out, /PASS|FAIL|window 0/);
  const rows = err.split('\n').filter((line) => line.startsWith(`${data}:`));
  assert.equal(rows.length, 20);
  assert.equal(rows[0], `${data}:2: metric: the gates file has no metric mail-list; it has mail-lost, latency`);
  assert.match(
    err,
    /\.\.\. and 5 more; --json lists all\nerror .*broken\.csv has 25 problems; nothing was judged\. \[badData\]/,
  );
  const json = await judge(GATES, '--data', data, '--json');
  assert.equal(json.code, EXIT.badInput);
  const { error, looks, first } = JSON.parse(json.out) as {
    error: { code: string; findings: object[] };
    looks: object[];
    first: null;
  };
  assert.deepEqual([error.code, error.findings.length, looks, first], ['badData', 25, [], null]);
  assert.deepEqual(error.findings[0], {
    file: data,
    line: 2,
    field: 'metric',
    window: -60,
    reason: 'the gates file has no metric mail-list; it has mail-lost, latency',
  });
});

test('a gates file with problems is refused like a plan, with file, line and column', async () => {
  const gates = await file(
    'bad.yaml',
    'version: 1\nmetrics:\n  errors: { kind: rate, better: lower }\ngates:\n  errors: { promoteWhen: { provenWithin: 5ms } }\n',
  );
  const { code, err } = await judge(gates, '--data', GOOD);
  assert.equal(code, EXIT.badInput);
  assert.match(err, /bad\.yaml:5:42: .*wrong unit for a rate; write 0\.5pp or 25% \[marginUnit\]/);
});

test('nothing to judge, too much of it, a file that is not there, or a word for a number are bad input', async () => {
  for (const args of [
    [],
    ['--data', GOOD, '--rollout', 'x'],
    ['--data', 'nowhere.csv'],
    ['--data', GOOD, '--min-bake', 'soon'],
    ['--data', GOOD, '--stage', 'beta'],
    ['--rollout', 'x'],
  ]) {
    const { code, err } = await judge(GATES, ...args);
    assert.equal(code, EXIT.badInput, `${args.join(' ')}: ${err}`);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});

test('a whole plan is judged as its stage asks: gates, minimums, and what must pass', async () => {
  const stages = (gates: string) => `
version: 1
model: mail
tenant: mail
owner: mail
candidate: { registry: models, version: v2 }
target: { store: flags, flag: mail, stickyBy: userId }
sources: { traffic: { scrape: mail, window: 1m } }
metrics:
  mail-lost: { from: traffic, kind: rate, units: u, events: e, better: lower, slices: { by: [mailType], minUnits: 200 } }
  latency: { from: traffic, kind: quantile, histogram: h, q: 0.99, better: lower }
gates:
  mail-lost: { rollbackWhen: { provenWorseBy: 0.5pp }, promoteWhen: { provenWithin: 3pp } }
  latency: { promoteWhen: { provenBelow: 250ms } }
stages:
  - { name: early, exposure: { share: 10% }, bake: { min: 5m, minUnits: 10 }, gates: [latency] }
  - { name: late, exposure: { share: [50%, 100%] }, bake: { min: 40m, minUnits: 10 }, gates: ${gates} }
`;
  const plan = await file('plan.yaml', stages('[mail-lost, latency]'));
  const all = parsed(await judge(plan, '--data', GOOD, '--json'));
  assert.equal(all.first?.window, 39, 'the first stage that asks all of them has a minimum of 40 minutes');
  const early = await judge(plan, '--data', BAD, '--stage', 'early', '--json');
  assert.equal(early.code, EXIT.done, 'stage early does not ask about lost mail');
  const either = await judge(
    await file('any.yaml', stages('[{ any: [mail-lost, latency] }]')),
    '--data',
    GOOD,
    '--min-bake',
    '0s',
    '--json',
  );
  assert.ok((parsed(either).first?.window ?? 99) < 20, 'either gate would do');
});

test('draws into a file', async () => {
  const svg = join(directory, 'drawn.svg');
  const { code, out } = await judge(GATES, '--data', BAD, '--svg', svg);
  assert.equal(code, EXIT.rolledBack);
  assert.match(out, /Drawn into .*drawn\.svg/);
  const text = await readFile(svg, 'utf8');
  assert.equal(text.match(/class="band"/g)?.length, 4);
  const refused = await judge(GATES, '--data', BAD, '--svg', join(directory, 'nowhere', 'x.svg'));
  assert.equal(refused.code, EXIT.badInput);
});
