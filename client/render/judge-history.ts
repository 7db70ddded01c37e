/** A service judged against itself: how often each gate, and the counter rule, would have rolled it back. Pure. */
import type { Alarm } from '../../judge/recorded/false-alarms.js';
import { count } from '../../judge/words.js';
import type { HistoryTrial } from '../rejudge/history-trial.js';
import { ruleText as whenText } from './numbers.js';
import { columns, duration, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

export function historyLines(trial: HistoryTrial, { paint, width }: Canvas): string[] {
  const { outcomes, stepMs, calibrated, windows, rule } = trial;
  const seed = outcomes[0]?.seed ?? 0;
  const how = `Every request was put into one of two arms by a fair coin, ${outcomes.length} times (seeds ${seed} to ${seed + outcomes.length - 1}). Both arms are the same model, so every rollback is wrong. The first ${duration(calibrated * stepMs)} calibrate; the ${duration((windows - calibrated) * stepMs)} after them are judged at every window, as one long bake.`;
  const limits = `This is the kindest case: requests are drawn one by one. Users who return, and hosts that differ, set real arms further apart; \`unit: { user: about N }\` in the gates file allows for them.`;
  const ruleText = `more than ${rule.failureLimit} windows above ${rule.ratio}x the baseline`;
  return [
    ...wrap(
      `${safe(trial.url)}: ${count(windows)} windows of ${duration(stepMs)}, ${stamp(trial.fromMs)} to ${stamp(trial.toMs)}`,
      width,
      '  ',
    ),
    ...trial.histories.flatMap((history) =>
      wrap(`  ${safe(history.metric)}: ${historyText(history, windows)}`, width, '    '),
    ),
    ...trial.notes.flatMap((note) => wrap(`! ${safe(note)}`, width, '  ')).map(paint.yellow),
    '',
    ...wrap(how, width),
    '',
    ...columns([
      ['', 'ROLLED BACK', 'MEDIAN TIME TO IT', ''].map(paint.dim),
      ...trial.asked.gates.map((gate) =>
        row(`gate ${safe(gate)}`, alarmsOf(trial, gate), outcomes.length, trial, rollbackText(trial, gate)),
      ),
      ...Object.keys(outcomes[0]?.counterRule ?? {}).map((metric) =>
        row(
          `counter rule on ${safe(metric)}`,
          outcomes.map(({ counterRule }) => counterRule[metric] ?? null),
          outcomes.length,
          trial,
          ruleText,
        ),
      ),
    ]),
    '',
    ...wrap(limits, width).map(paint.dim),
  ];
}

function historyText({ windows, missing }: HistoryTrial['histories'][number], of: number): string {
  const whole = of - windows.length === 0 ? 'every window' : `${count(windows.length)} windows`;
  const why = [...missing]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 2)
    .map(([reason, missed]) => `${count(missed)} are missing (${safe(reason)})`);
  return [whole, ...why].join('; ');
}

function alarmsOf({ outcomes }: HistoryTrial, gate: string): (Alarm | null)[] {
  return outcomes.map(({ gates }) => gates[gate] ?? null);
}

function row(
  name: string,
  alarms: readonly (Alarm | null)[],
  of: number,
  { stepMs }: HistoryTrial,
  rule: string,
): string[] {
  const rung = alarms.flatMap((alarm) => (alarm ? [alarm.windows] : []));
  const median = medianOf(rung);
  return [`  ${name}`, `${rung.length} of ${of}`, median === null ? '-' : duration(median * stepMs), rule];
}

function rollbackText({ plan }: HistoryTrial, gate: string): string {
  const when = plan.gates[gate]?.rollbackWhen;
  return when ? whenText(when) : 'never rolls back';
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

export function historyDocument(trial: HistoryTrial): object {
  const { url, fromMs, toMs, stepMs, windows, calibrated, asked, rule, outcomes, histories, notes } = trial;
  const tally = (alarms: readonly (Alarm | null)[]) => ({
    rolledBack: alarms.filter((alarm) => alarm !== null).length,
    of: outcomes.length,
    medianWindows: medianOf(alarms.flatMap((alarm) => (alarm ? [alarm.windows] : []))),
  });
  return {
    version: 1,
    history: {
      url,
      from: iso(fromMs),
      to: iso(toMs),
      stepMs,
      windows,
      calibrated,
      metrics: Object.fromEntries(
        histories.map(({ metric, windows: own, missing }) => [
          metric,
          { windows: own.length, missing: Object.fromEntries(missing) },
        ]),
      ),
    },
    notes,
    gates: Object.fromEntries(asked.gates.map((gate) => [gate, tally(alarmsOf(trial, gate))])),
    counterRule: {
      ...rule,
      metrics: Object.fromEntries(
        Object.keys(outcomes[0]?.counterRule ?? {}).map((metric) => [
          metric,
          tally(outcomes.map(({ counterRule }) => counterRule[metric] ?? null)),
        ]),
      ),
    },
    splits: outcomes,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function stamp(ms: number): string {
  return `${iso(ms).slice(0, 19).replace('T', ' ')}Z`;
}
