/** The workflow bundle is what every worker loads and every replay runs: small, and deterministic by what is not in it. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { BUNDLE_BUDGET, bundleCode } from '../../bench/bundle-size.js';

let code = '';
before(async () => {
  code = await bundleCode();
});

/** Paths of the modules, as webpack names them. */
function modules(): string[] {
  return [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"$/gm)].flatMap(([, path]) => path ?? []);
}

test('stays within its budget', () => {
  const size = Buffer.byteLength(code);
  assert.ok(size <= BUNDLE_BUDGET, `${size} bytes of code, ${BUNDLE_BUDGET} allowed`);
});

test('holds the story and none of the libraries and rooms that stay outside', () => {
  const found = modules();
  assert.ok(
    found.includes('./workflows/rollout.ts'),
    `no story among ${found.length} modules: ${found.slice(0, 5).join(', ')}`,
  );
  const foreign = found.filter((path) => /node_modules\/(zod|pino|yaml|pg|protobufjs)\//.test(path));
  const rooms = found.filter((path) => /^\.\/(activities|plan|judge|worker|client|dev|demo|test)\//.test(path));
  assert.deepEqual([...foreign, ...rooms], []);
});

/** The bundler itself refuses what it knows to be disallowed; this is for what it would let pass. */
test('asks for nothing of node', () => {
  const outside = modules().filter((path) => /^(external|node:)/.test(path));
  assert.deepEqual([...outside, ...(code.match(/(?<!__webpack_)require\(["'][^"']*["']\)/g) ?? [])], []);
});
