import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { errorsPage, planPage } from '../../../docs/reference.js';
import { example } from './support.js';

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

it('finds docs/plan.md as the schemas generate it: otherwise run `npm run docs`', () => {
  assert.equal(page('plan.md'), planPage(example('standard.rollout.yaml')));
});

it('finds docs/errors.md as the error table generates it: otherwise run `npm run docs`', () => {
  assert.equal(page('errors.md'), errorsPage());
});

it('explains every key with a meaning and an example', () => {
  const rows = page('plan.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  assert.ok(rows.length > 100, `${rows.length} keys`);
  for (const row of rows) assert.ok(!/\|\s*\|/.test(row) && !row.includes('`...`'), row);
});
