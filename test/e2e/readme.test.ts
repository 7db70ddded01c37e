/**
 * Every command of README.md and docs/ is run as written: in a directory that looks like the checkout, in terminals of
 * its own, on the ports the page names. What takes a fresh machine (`npm ...`) is run by .ci/run instead.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { packageRoot } from '../../dev/root.js';
import { portIsFree } from '../../dev/server/ports.js';
import { type Command, OWN_TERMINAL, pageOf } from '../support/shell-blocks.js';

const root = packageRoot();
const FILES = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((file) =>
  file.endsWith('.md'),
);
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = FILES.map((file) => pageOf(textOf(file), file));
const commands = pages.flatMap((page) => page.commands);
const prelude = pages.flatMap((page) => page.prelude);

/** As README.md and the files of `sluice init` name them. */
const PORTS = [7101, 7102, 7233, 8233];
const COMMAND_MS = 120_000;
const ENDS_MS = 20_000;

interface Running {
  child: ChildProcess;
  said: () => string;
  ended: Promise<number | null>;
}

const checkout = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
const terminals = new Map<string, Running>();

// Groups of their own would outlive a test that is ended from outside, and keep the ports.
process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  for (const running of terminals.values()) signal(running, 'SIGKILL');
});
after(async () => {
  // Last opened, first closed: the worker ends while the servers still answer.
  for (const [name, running] of [...terminals].toReversed()) {
    await interrupt(running);
    terminals.delete(name);
  }
  rmSync(checkout, { recursive: true, force: true });
});

/** The reader's own settings would lead elsewhere. */
function environment(): NodeJS.ProcessEnv {
  const own = (name: string): boolean =>
    name.startsWith('TEMPORAL_') || ['SLUICE_AS', 'SLUICE_PLATFORM', 'SLUICE_POLICY'].includes(name);
  const noConfig = join(checkout, 'temporal.toml');
  writeFileSync(noConfig, '[profile.default]\n');
  const kept = Object.entries(process.env).filter(([name]) => !own(name));
  return { ...Object.fromEntries(kept), TEMPORAL_CONFIG_FILE: noConfig };
}

/** In a process group of its own, as a terminal has it: Ctrl-C reaches all of it. */
function type(text: string): Running {
  const script = ['shopt -s expand_aliases', 'set -e', ...prelude, text].join('\n');
  const child = spawn('bash', ['-c', script], {
    cwd: checkout,
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  return { child, said: () => said, ended };
}

function signal({ child }: Running, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ctrl-C; what does not end by it is killed, and that is told. */
async function interrupt(running: Running): Promise<boolean> {
  signal(running, 'SIGINT');
  const ended = await within(running.ended, ENDS_MS);
  if (ended === 'late') signal(running, 'SIGKILL');
  return ended !== 'late';
}

async function within<T>(work: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Resolves when the words were printed; throws with all that was said when they do not come, or it ends first. */
async function says(running: Running, { place, text }: Command, words: string): Promise<void> {
  const { child } = running;
  const heard = new Promise<'heard'>((resolve) => {
    const listen = (): void => {
      if (running.said().includes(words)) resolve('heard');
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', listen);
    listen();
  });
  const how = await within(Promise.race([heard, running.ended.then((code) => `ended with ${code}`)]), COMMAND_MS);
  if (how === 'heard') return;
  signal(running, 'SIGKILL');
  throw new Error(`${place}: \`${text}\` was to say "${words}" but ${how}. It said:\n${running.said()}`);
}

async function run(command: Command): Promise<void> {
  const { place, terminal, text, ends } = command;
  const before = terminals.get(terminal);
  if (before) assert.ok(await interrupt(before), `${place}: Ctrl-C did not end what ran there:\n${before.said()}`);
  terminals.delete(terminal);
  const running = type(text);
  if (ends.kind === 'stays') {
    assert.notEqual(terminal, OWN_TERMINAL, `${place}: what goes on running needs a terminal`);
    terminals.set(terminal, running);
    return says(running, command, ends.says);
  }
  if (ends.kind === 'interrupted') {
    await says(running, command, ends.says);
    assert.ok(await interrupt(running), `${place}: Ctrl-C did not end \`${text}\``);
    return;
  }
  const code = await within(running.ended, COMMAND_MS);
  if (code === 'late') signal(running, 'SIGKILL');
  const others = [...terminals].map(([name, { said }]) => `terminal ${name}:\n${said().slice(-1_500)}`);
  assert.equal(code, ends.code, `${place}: \`${text}\` said:\n${running.said()}\n${others.join('\n')}`);
}

const needsNpm = ({ text }: Command): boolean => text.startsWith('npm ');

test('what needs a fresh machine is run by .ci/run', () => {
  const ci = textOf('.ci/run')
    .split('\n')
    .map((line) => line.trim().replace(/^timeout \d+ /, ''));
  const parts = commands.filter(needsNpm).flatMap(({ text }) => text.split(' && '));
  assert.ok(parts.includes('npm run demo') && parts.includes('npm test'), 'the two commands stand in README.md');
  for (const part of parts)
    assert.ok(
      ci.some((line) => line === part || line.startsWith(`${part} `)),
      `.ci/run does not run \`${part}\``,
    );
});

test('every local link leads to a file', () => {
  for (const file of FILES)
    for (const [, link = ''] of textOf(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g))
      assert.ok(existsSync(join(root, dirname(file), link)), `${file}: ${link} is not there`);
});

test('every other command does what the page says', { timeout: 480_000 }, async (t) => {
  assert.ok(existsSync(join(root, 'dist/client/cli/main.js')), 'not built: `npm run build` first');
  for (const port of PORTS)
    assert.ok(await portIsFree(port), `port ${port} is in use; README.md names it, so this test needs it`);
  for (const name of ['package.json', 'node_modules', 'dist', 'examples'])
    symlinkSync(join(root, name), join(checkout, name));
  const typed = commands.filter((command) => !needsNpm(command));
  assert.ok(typed.length > 10, 'README.md has a first rollout');
  for (const command of typed) {
    const began = Date.now();
    await run(command);
    t.diagnostic(`${command.place} ${command.text} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  }
  for (const [url] of textOf('README.md').matchAll(/http:\/\/127\.0\.0\.1:\d+[\w/.-]*\w/g)) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    assert.equal(answer.status, 200, `README.md names ${url}`);
  }
});

test('refuses a page with a command that nothing would run', () => {
  const fenced = (language: string, line: string): string => `\`\`\`${language}\n${line}\n\`\`\`\n`;
  assert.throws(() => pageOf(fenced('', 'sluice rollback spam'), 'x.md'), /x\.md:2: .* make it sh/);
  assert.throws(
    () => pageOf(fenced('sh', 'sluice watch # look at it'), 'x.md'),
    /no runner understands "# look at it"/,
  );
  assert.throws(() => pageOf(fenced('sh', '# later'), 'x.md'), /no runner understands "# later"/);
  assert.deepEqual(pageOf(fenced('sh', 'sluice wait   # exits 10'), 'x.md').commands, [
    { place: 'x.md:2', terminal: OWN_TERMINAL, text: 'sluice wait', ends: { kind: 'exits', code: 10 } },
  ]);
});
