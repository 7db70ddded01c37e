/** Writes docs/plan.md and docs/errors.md: `npm run docs`. A unit test says when that was forgotten. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorsPage, planPage } from './reference.js';

const at = (path: string) => new URL(path, import.meta.url);

writeFileSync(at('plan.md'), planPage(readFileSync(at('../examples/standard.rollout.yaml'), 'utf8')));
writeFileSync(at('errors.md'), errorsPage());
