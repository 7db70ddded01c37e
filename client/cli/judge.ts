/**
 * `sluice judge`: what gates say of windows that were recorded before: in a file, in a past rollout, or in the history of
 * a Prometheus server. Needs neither Temporal nor a worker.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { Decision, Look } from '../../judge/recorded/replay.js';
import { EXIT, type ExitCode } from '../../workflows/contract/errors.js';
import { parseDuration } from '../../plan/quantities.js';
import { Problem } from '../problem.js';
import type { LoadedGates, Wanted } from '../rejudge/gates.js';
import type { Session, Stretch } from '../rejudge/session.js';
import type { Story } from '../render/judge-track.js';
import { safe } from '../render/text.js';
import { act, findingLine, type Shell } from './shell.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Options {
  data?: string;
  rollout?: string;
  prometheus?: string;
  gate?: string[];
  stage?: string;
  minUnits?: number;
  minBake?: number;
  svg?: string;
  since?: number;
  step?: number;
  splits?: number;
  seed?: number;
}

export function judgeVerb(root: Command): void {
  root
    .command('judge')
    .argument('<gates>', 'a plan, or a file with its metrics, gates and falseAlarms')
    .option('--data <file>', 'recorded windows, CSV or JSONL')
    .option('--rollout <name>', 'the windows of a past rollout, from the evidence store')
    .option('--prometheus <url>', 'the history of a service, against itself')
    .option('--gate <names...>', 'judge these gates only')
    .option('--stage <name>', 'ask and wait as this stage of the plan does')
    .option('--min-units <n>', 'candidate units before a pass', whole)
    .option('--min-bake <duration>', 'judged time before a pass, e.g. 10m', period)
    .option('--svg <file>', 'draw every gate and slice into a file')
    .option('--since <duration>', 'with --prometheus: how far back (30d)', period)
    .option('--step <duration>', 'with --prometheus: length of a window (1m)', period)
    .option('--splits <n>', 'with --prometheus: how often to split it at random (20)', whole)
    .option('--seed <n>', 'with --prometheus: which splits; the same again by the same (1)', whole)
    .description('judge recorded windows under any gates')
    .action(act<Options>(async (shell, [file = ''], options) => judge(shell, file, options)));
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('give a whole number.');
  return value;
}

function period(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('give a duration like 90s, 10m or 30d.');
  return ms;
}

async function judge(shell: Shell, file: string, options: Options): Promise<ExitCode> {
  const { loadGates } = await import('../rejudge/gates.js');
  const { BadData, badDataDocument, badDataLines } = await import('../rejudge/bad-data.js');
  const from = [options.data, options.rollout, options.prometheus].filter((each) => each !== undefined);
  if (from.length !== 1) {
    const message = from.length === 0 ? 'Nothing to judge was named.' : 'More than one thing to judge was named.';
    throw new Problem('badPlan', message, 'Give one of --data FILE, --rollout NAME, --prometheus URL.');
  }
  const gates = await loadGates(file);
  for (const warning of gates.warnings) shell.say(`${shell.paint.yellow('warning')} ${findingLine(warning)}`);
  const wanted = {
    gates: options.gate ?? [],
    stage: options.stage,
    minUnits: options.minUnits,
    minBakeMs: options.minBake,
  };
  try {
    if (options.data !== undefined) return await judgeFile(shell, gates, options.data, wanted, options.svg);
    if (options.rollout !== undefined) return await judgeRollout(shell, gates, options.rollout, wanted, options.svg);
    return await judgeHistory(shell, gates, wanted, options);
  } catch (error) {
    if (!(error instanceof BadData)) throw error;
    shell.emit(badDataDocument(error));
    if (!shell.json) process.stderr.write(`${badDataLines(error).join('\n')}\n`);
    return EXIT.badInput;
  }
}

async function judgeFile(
  shell: Shell,
  gates: LoadedGates,
  data: string,
  wanted: Wanted,
  svg: string | undefined,
): Promise<ExitCode> {
  const { sessionOfFile } = await import('../rejudge/data-file.js');
  const { dataLines, gatesLines, noteLines } = await import('../render/judge-head.js');
  const session = sessionOfFile(gates, data, wanted);
  const { asked, recorded, notes } = session;
  const canvas = shell.canvas();
  shell.say(
    ...gatesLines(gates.file, gates.plan, asked, canvas),
    ...dataLines(data, recorded.metrics, canvas),
    ...noteLines(notes, canvas),
    '',
  );
  const { story, finish } = await telling(shell, session);
  finish({ first: story.first });
  return shown(shell, story, { title: `${gates.file} on ${data}`, svg });
}

async function judgeRollout(
  shell: Shell,
  gates: LoadedGates,
  name: string,
  wanted: Wanted,
  svg: string | undefined,
): Promise<ExitCode> {
  const platform = await shell.platform();
  if (!platform) {
    const message = 'No platform file names the evidence store.';
    throw new Problem('badPlatform', message, 'Name it: --platform FILE, or SLUICE_PLATFORM.');
  }
  const { sessionOfRollout } = await import('../rejudge/rollout.js');
  const session = await sessionOfRollout(platform.platform, gates, name, wanted, shell.common.tenant);
  const { newOutcomes, outcomeDocument, settle } = await import('../rejudge/outcome.js');
  const lines = await import('../render/judge-rollout.js');
  const { noteLines } = await import('../render/judge-head.js');
  const { outcomes, add } = newOutcomes();
  const told = await telling(shell, session, add);
  const decisive = settle(told.story, outcomes);
  const { journal } = session.kept;
  const first = decisive?.decision ? { ...decisive.decision, ...decisive.facts } : null;
  told.finish({ first, steps: outcomes.map(outcomeDocument), record: lines.recordDocument(journal) });
  const canvas = shell.canvas();
  shell.say(
    lines.rolloutHead(session.kept),
    ...noteLines([...session.notes, ...lines.hypothesis(outcomes)], canvas),
    '',
    ...lines.outcomeLines(outcomes, canvas),
    ...lines.recordLines(journal, canvas),
    '',
  );
  return shown(shell, told.story, { title: `${gates.file} on ${session.kept.rolloutId}`, svg });
}

async function judgeHistory(shell: Shell, gates: LoadedGates, wanted: Wanted, options: Options): Promise<ExitCode> {
  const platform = await shell.platform();
  const { runTrial } = await import('../rejudge/history-trial.js');
  const { historyDocument, historyLines } = await import('../render/judge-history.js');
  const order = {
    url: options.prometheus ?? '',
    sinceMs: options.since ?? 30 * DAY_MS,
    stepMs: options.step ?? MINUTE_MS,
    splits: options.splits ?? 20,
    seed: options.seed ?? 1,
    nowMs: Date.now(),
    onProgress: progress(),
  };
  const trial = await runTrial(gates, wanted, order, platform?.platform ?? null);
  shell.emit(historyDocument(trial));
  shell.say(...historyLines(trial, shell.canvas()));
  return EXIT.done;
}

/** On a terminal, how far it is: a month of a busy service takes a minute or two. */
function progress(): (doing: string) => void {
  const { stderr } = process;
  return stderr.isTTY ? (doing) => void stderr.write(`\r${doing.padEnd(48)}${doing === '' ? '\r' : ''}`) : () => {};
}

/** Judges; programs hear of every look as it is judged. */
async function telling(shell: Shell, session: Session, onLook?: (look: Look, stretch: Stretch) => void) {
  const { finish, tell } = await import('../rejudge/session.js');
  const write = shell.json ? (text: string) => void process.stdout.write(text) : () => {};
  const story = tell(session, write, onLook);
  return { story, finish: (tail: Record<string, unknown>) => finish(tail, write) };
}

async function shown(
  shell: Shell,
  story: Story,
  { title, svg }: { title: string; svg: string | undefined },
): Promise<ExitCode> {
  const { judgeLines } = await import('../render/judge.js');
  shell.say(...judgeLines(story, shell.canvas()));
  if (svg !== undefined) {
    const { drawInto } = await import('../rejudge/drawing.js');
    drawInto(svg, story, title);
    shell.say(`Drawn into ${safe(svg)}`);
  }
  return exitOf(story.first);
}

function exitOf(first: Decision | null): ExitCode {
  if (first === null) return EXIT.waiting;
  return first.verdict === 'pass' ? EXIT.done : EXIT.rolledBack;
}
