/**
 * `npm run bench:judge`: measures what the judge promises beside the rules of others and writes docs/statistics.md.
 * `-- NAME...` measures parts alone, `--quick` with few and short runs; both print and write nothing, so that the page is
 * always one whole run. `--threads N` (2) changes the time, not the numbers.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../dev/root.js';
import { harness, type Measured } from './harness.js';
import { missedOf, section, statisticsPage } from './page.js';
import { FULL, QUICK } from './part.js';
import { PARTS } from './parts.js';

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    options: { quick: { type: 'boolean', default: false }, threads: { type: 'string', default: '2' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
  const threads = Number(values.threads);
  if (unknown.length > 0 || !Number.isInteger(threads) || threads < 0) {
    say(`usage: bench:judge [--quick] [--threads N] [PART...]; parts: ${PARTS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const chosen = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const all: Measured[] = [];
  const measuring = harness(values.quick ? QUICK : FULL, threads);
  try {
    for (const part of chosen) {
      say(`# ${part.name}: ${part.title}`);
      const beganMs = performance.now();
      const measured = await measuring.measure(part, (percent) =>
        say(`${part.name}: ${percent} % after ${Math.round((performance.now() - beganMs) / 1_000)} s`),
      );
      all.push(measured);
      say(`${section(measured)}\n`);
    }
  } finally {
    await measuring.stop();
  }
  if (chosen.length === PARTS.length && !values.quick) publish(all, threads);
  for (const line of missedOf(all)) say(`missed: ${line}`);
  return 0;
}

function publish(all: Measured[], threads: number): void {
  const page = statisticsPage(all, { cores: cpus().length, threads, node: process.versions.node });
  writeFileSync(join(packageRoot(), 'docs', 'statistics.md'), page);
  say('docs/statistics.md is written');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exit(await main(process.argv.slice(2)));
