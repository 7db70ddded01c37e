/** docs/statistics.md as text: what the judge promises, how it keeps it, and what was measured. Pure. */
import { number } from '../page.js';
import { isMissed } from '../row.js';
import type { Measured } from './harness.js';
import type { Kept, Table } from './part.js';
import { CLASSES } from './streams/noise.js';
import { KINDS } from './streams/kinds.js';
import { RECORDED } from './watch.js';

export interface Machine {
  cores: number;
  threads: number;
  node: string;
}

export function statisticsPage(all: readonly Measured[], machine: Machine): string {
  return `${[PROMISES, METHOD, settingOf(all, machine), account(all), ...all.map(section)].join('\n\n')}\n`;
}

export function missedOf(all: readonly Measured[]): string[] {
  return all.flatMap(({ report }) => report.promises.filter(isMissed).map(line));
}

const PROMISES = `# Statistics: what the judge promises

Written by \`npm run bench:judge\`; nothing here is edited by hand. \`npm run bench:judge -- NAME\` runs one part and prints it.

A rollout is looked at again and again while it is running. Every look is a chance to be fooled, and a rule that is right
once is wrong sooner or later. So the judge works with bounds that hold at all looks together, and promises in a plan's own numbers:

- **A healthy candidate is rolled back in at most \`falseAlarms.rollback\` of rollouts** (2 % unless the plan says otherwise), however often it is looked at.
- **A candidate at the margin is promoted in at most \`falseAlarms.promote\` of gates** (5 %). "Not proven bad" is not "proven good".
- **Missing, broken or thin data never promote.** The verdict is then inconclusive and says why.
- **Harm is acted on when it is proven**, not at the end of a bake: disasters within minutes, small harm when there is enough to tell.

Below stands how far this was found to be true on simulated traffic, and on which of it not.`;

const METHOD = `## Method

- *Windows.* A minute (or what the source's window is) is one set of counts per arm and slice. Windows are judged once, in order. Arms are compared inside a window, so whatever shakes both cancels.
- *Exact lane.* Given all errors of a window, the candidate's part of them is binomial with a chance that depends on the ratio alone; likelihood ratios against a grid of alternatives multiply to an e-value, which exceeds 1/a with probability at most a at any look (Ville). Its logarithm is divided by the overdispersion that the windows show.
- *Main lane.* Differences of windows with their own measured variance, in an asymptotic confidence sequence (Waudby-Smith et al. 2021); windows that hang together are merged to a size fixed before the stage.
- *Fast lane.* The exact lane against a large ratio (1.5 times here), tempered by how the baseline scattered before the stage.
- *Other kinds.* Scores: bounded means. Latency: the share of requests above a bucket edge that is frozen before the stage. Ratios: delta method by user. Counts: as error rates, by exposure. Absolute margins: a confidence sequence per arm.
- *Sticky users.* Arms whose users stay differ for ever; the bounds are widened by what chance may put between them, from the number of users the plan names.
- *Deciding.* Any gate and slice that proves harm rolls back, on its part of the budget; promotion needs all. Both proven: harm wins.`;

function settingOf(all: readonly Measured[], { cores, threads, node }: Machine): string {
  const seconds = all.reduce((sum, measured) => sum + measured.seconds, 0);
  const runs = all.reduce((sum, measured) => sum + measured.runs, 0);
  return [
    '## Setting',
    `One run of ${number(runs)} simulated rollouts in ${number(seconds / 60)} minutes on ${threads} threads of a machine with ${cores} cores, Node ${node}. Seeds are fixed:` +
      ' the same program gives the same numbers, whatever the number of threads, but for times.',
    `Windows of one minute, traffic split in halves, 300 or 3,000 requests a minute and arm on average (themselves random). Before each stage ${RECORDED} minutes of` +
      ' the baseline with all the traffic calibrate the judge. The streams are simulated: they show whether the procedures do what they claim under noise of known kinds, not what your traffic is like.',
    tableText({
      title: 'Streams',
      columns: ['stream', 'what makes minutes differ'],
      rows: CLASSES.map(({ name, what }) => [name, what]),
    }),
    tableText({
      title: 'Kinds',
      columns: ['kind', 'what is measured, and the gate'],
      rows: KINDS.map(({ name, what }) => [name, what]),
    }),
  ].join('\n\n');
}

function account(all: readonly Measured[]): string {
  const promises = all.flatMap(({ report }) => report.promises);
  const short = missedOf(all);
  const met = `${number(promises.length - short.length)} of ${number(promises.length)} targets are met.`;
  const rest = short.length === 0 ? [] : [`Missed:\n\n${short.map((each) => `- ${each}`).join('\n')}`];
  return ['## Targets', met, ...rest].join('\n\n');
}

function line({ what, measured, target, unit }: Kept): string {
  const bound = target === null ? '' : ` (target ${target.kind === 'atMost' ? '≤' : '≥'} ${figure(target.value)})`;
  return `${what}: ${figure(measured)} ${unit}${bound}`;
}

function figure(value: number): string {
  return value === Number.POSITIVE_INFINITY ? 'never' : number(value);
}

export function section({ part, report, runs, seconds }: Measured): string {
  const missed = report.promises.filter(isMissed);
  const { length } = report.promises;
  const kept =
    length === 0
      ? []
      : [
          `*Targets:* ${number(length - missed.length)} of ${number(length)} met.${missed.map((each) => `\n- **missed:** ${line(each)}`).join('')}`,
        ];
  return [
    `## ${part.title} (\`${part.name}\`)`,
    part.question,
    ...report.tables.map(tableText),
    ...kept,
    `*How:* ${part.how} ${number(runs)} runs in ${number(seconds)} s.`,
    `*Not measured:* ${part.limits}`,
  ].join('\n\n');
}

function tableText({ title, columns, rows }: Table): string {
  const lines = [columns, columns.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return title === null ? table : `**${title}**\n\n${table}`;
}
