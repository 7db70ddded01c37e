/** A forecast as people read it: one sentence a step, one row a gate, and what it all stands on. Pure. */
import type { Level } from '../../judge/forecast/level.js';
import { quantileOf } from '../../judge/forecast/level.js';
import {
  type Catch,
  type Forecast,
  type GateForecast,
  REGRESSIONS,
  type StepForecast,
} from '../../judge/forecast/types.js';
import { count, figure } from '../../judge/words.js';
import type { MetricSpec, Plan } from '../../workflows/contract/plan.js';
import { exposureText, percent } from './numbers.js';
import { columns, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

export function forecastLines(
  plan: Plan,
  forecast: Forecast,
  { paint, width }: Pick<Canvas, 'paint' | 'width'>,
): string[] {
  if (Object.values(forecast.levels).every((level) => level === null)) {
    const nothing =
      'Nothing says how much traffic there is and how the baseline does: write `expect` on the metrics, or let their sources be asked.';
    return [paint.bold('Forecast'), ...wrap(`  ${nothing}`, width, '  ')];
  }
  const steps = forecast.steps.flatMap((step) => wrap(`  ${headline(step)}`, width, '      '));
  const notes = [...footnotes(plan, forecast), ...basis(plan, forecast)];
  return [
    paint.bold('Forecast'),
    ...steps,
    '',
    ...table(forecast.steps).map((line, i) => (i === 0 ? paint.dim(line) : line)),
    '',
    ...notes.flatMap((note) => wrap(`  ${note}`, width, '      ')),
  ];
}

/** `beta (25 %) decides in about 14 min; a 2x regression is caught in about 3 min`. */
export function headline(step: StepForecast): string {
  return `${safe(step.stage)} (${exposureText(step)}) ${decides(step)}${catchesTwice(step)}`;
}

function decides({ decides, maxMs, without, gates }: StepForecast): string {
  const asked = gates.length - without.length;
  if (!decides || asked === 0) return calculated(gates, maxMs);
  const left = without.length > 0 ? ` (without ${without.map(safe).join(', ')})` : '';
  if (decides.p50Ms === null) {
    const slow = gates
      .filter(({ passes }) => passes && passes.runs > 0 && passes.p50Ms === null)
      .map(({ gate }) => safe(gate));
    const why = slow.length > 0 ? `: ${slow.join(' and ')} ${slow.length === 1 ? 'takes' : 'take'} longer` : '';
    return `is not expected to decide within its ${about(maxMs)}${left}${why}`;
  }
  const late =
    decides.p80Ms === null ? `, but in ${percent(1 - decides.share)} of rollouts not within its ${about(maxMs)}` : '';
  return `decides in about ${about(decides.p50Ms)}${late}${left}`;
}

function calculated(gates: readonly GateForecast[], maxMs: number): string {
  const times = gates.flatMap(({ basis, passes }) => (basis === 'calculated' ? [passes?.p80Ms ?? null] : []));
  if (times.length === 0) return 'is not forecast';
  const known = times.filter((time) => time !== null);
  return known.length < times.length
    ? `is not expected to decide within its ${about(maxMs)}`
    : `decides within about ${about(Math.max(...known))}, four times in five`;
}

/** Empty where nothing is known of it. */
function catchesTwice({ gates, maxMs }: StepForecast): string {
  const twice = gates.flatMap((own) => own.catches.filter(({ factor }) => factor === 2).map((one) => ({ own, one })));
  const times = twice.flatMap(({ one }) => (one.kind === 'caught' ? (one.takes?.p50Ms ?? []) : []));
  const late = twice.filter(({ one }) => one.kind === 'late').map(({ own }) => safe(own.gate));
  if (times.length === 0 && late.length > 0)
    return `; a 2x regression is not expected to be caught within ${about(maxMs)}`;
  if (times.length === 0)
    return twice.some(({ one }) => one.kind === 'tolerated') ? '; a 2x regression is tolerated' : '';
  const [first, last] = [about(Math.min(...times)), about(Math.max(...times))];
  const but = late.length > 0 ? ` (${late.join(', ')}: not within ${about(maxMs)})` : '';
  return `; a 2x regression is caught in about ${first === last ? first : `${first} to ${last}, by gate`}${but}`;
}

const HEAD = [
  '  step',
  'gate',
  'passes in',
  '4 of 5 in',
  ...REGRESSIONS.map((factor, i) => `${i === 0 ? 'catches ' : ''}${factor}x`),
];

function table(steps: readonly StepForecast[]): string[] {
  const rows = steps.flatMap((step) =>
    step.gates.flatMap((own, i) => [
      [
        i === 0
          ? `  ${safe(step.stage)} ${step.share > 0 ? percent(step.share) : step.cohorts.map(safe).join(', ')}`
          : '',
        safe(own.gate),
        ...cells(own, step.maxMs),
      ],
      ...(own.inSlice
        ? [
            [
              '',
              `  ${safe(own.inSlice.slice)} alone`,
              '',
              '',
              ...own.inSlice.catches.map((one) => caught(one, step.maxMs)),
            ],
          ]
        : []),
    ]),
  );
  return columns([HEAD, ...rows]);
}

function cells(own: GateForecast, maxMs: number): string[] {
  if (own.basis === 'noEstimate') return ['no estimate'];
  const { passes } = own;
  const time = (ms: number | null | undefined) => (ms == null ? `> ${about(maxMs)}` : about(ms));
  const pass =
    own.basis === 'neverPasses'
      ? ['cannot', 'cannot']
      : passes?.runs === 0 && own.basis === 'simulated'
        ? ['–', '–']
        : [time(passes?.p50Ms), time(passes?.p80Ms)];
  if (own.basis === 'calculated') return ['–', time(passes?.p80Ms), '–', '–', '–'];
  if (own.basis === 'unitsOnly') return [...pass, 'not forecast for this kind'];
  const mark = own.better === 1 ? '' : ' †';
  if (own.catches.every(({ kind }) => kind === 'never'))
    return [`${pass[0]}${mark}`, pass[1] ?? '', 'never rolls back'];
  return [`${pass[0]}${mark}`, pass[1] ?? '', ...own.catches.map((one) => caught(one, maxMs))];
}

function caught({ kind, takes, of }: Catch, maxMs: number): string {
  const mark = of === 'limit' ? ' *' : '';
  switch (kind) {
    case 'caught':
      return `${about(takes?.p50Ms ?? 0)}${mark}`;
    case 'late':
      return `> ${about(maxMs)}${mark}`;
    case 'tolerated':
      return `tolerated${mark}`;
    case 'never':
      return 'never';
    case 'impossible':
    case 'unknown':
      return '–';
  }
}

function footnotes(plan: Plan, { steps }: Forecast): string[] {
  const gates = steps.flatMap((step) => step.gates);
  const better = [...new Set(gates.map((own) => own.better))].filter((factor) => factor > 1);
  const kinds = new Set(gates.flatMap((own) => [...own.catches, ...(own.inSlice?.catches ?? [])]));
  const notes: string[] = [];
  if (gates.some(({ basis }) => basis === 'noEstimate'))
    notes.push('no estimate: write `expect` on the metric, or let its source be asked');
  if (gates.some(({ basis }) => basis === 'calculated'))
    notes.push(
      '– : not tried, for the plan has more gates, slices and steps than can be in time; passing is by arithmetic',
    );
  if (better.length > 0)
    notes.push(`† for a candidate ${better.join(' or ')} times better: an equal one is not meant to pass`);
  if ([...kinds].some(({ of, kind }) => of === 'limit' && kind !== 'unknown'))
    notes.push('* the baseline showed no event, so these are multiples of the limit');
  if ([...kinds].some(({ kind }) => kind === 'tolerated'))
    notes.push('tolerated: so much is within the margin or limit, and is not meant to be caught');
  if (steps.some(({ share, cohorts }) => share === 0 && cohorts.length > 0))
    notes.push('cohorts are taken to be 5 % of the traffic: nobody says how many they are');
  const quantiles = gates.filter(({ metric }) => plan.metrics[metric]?.kind === 'quantile' && gates.length > 0);
  if (quantiles.some(({ catches }) => catches.length > 0 && catches.every(({ kind }) => kind === 'unknown')))
    notes.push(
      'of quantiles whose distribution nobody knows, none is taken to be beyond the limit: their times are the shortest',
    );
  return notes;
}

function basis(plan: Plan, { levels, healthy, steps }: Forecast): string[] {
  const asked = new Set(steps.flatMap(({ gates }) => gates.map(({ metric }) => metric)));
  const told = Object.entries(levels).flatMap(([name, level]) => {
    const metric = plan.metrics[name];
    return level && metric && asked.has(name) ? [`${safe(name)}: ${levelText(metric, level)}`] : [];
  });
  const healthyText =
    healthy &&
    `${healthy.rolledBack} of ${healthy.runs} simulated healthy rollouts were rolled back; the plan allows ${percent(healthy.budget)} whatever the traffic`;
  const method = 'simulated with the judge itself on even traffic; daily rhythms and incidents make it longer';
  return [...told, ...(healthyText === null ? [] : [healthyText, method])];
}

function levelText(metric: MetricSpec, level: Level): string {
  const scatter = level.scatter > 1 ? `, scattering ${figure(level.scatter)} times as much as by chance` : '';
  return `${paceText(level.perMinute)}${meanText(metric, level)}${scatter} (${originText(level)})`;
}

function meanText(metric: MetricSpec, { whole }: Level): string {
  if (metric.kind === 'quantile') {
    const value = whole.shape && !whole.shape.assumed ? quantileOf(whole.shape, metric.q) : null;
    return value === null ? '' : `, ${figure(metric.q * 100)} % within ${figure(value)} ms`;
  }
  if (whole.mean === null) return '';
  return metric.kind === 'rate' || metric.kind === 'slo' || metric.kind === 'fairness'
    ? `, ${percent(whole.mean)}`
    : `, ${figure(whole.mean)}`;
}

function originText({ origin }: Level): string {
  if (origin.kind === 'expect') return 'as the plan expects';
  const counted = `${origin.events === null ? '' : `${count(origin.events)} in `}${count(origin.units)}`;
  return origin.kind === 'past'
    ? `${counted}, the last ${origin.windows} windows`
    : `${counted}, seen in ${about(origin.spanMs)} just now`;
}

function paceText(perMinute: number): string {
  if (perMinute >= 120) return `${figure(perMinute / 60)} a second`;
  return perMinute >= 2 ? `${figure(perMinute)} a minute` : `${figure(perMinute * 60)} an hour`;
}

/** `44 s`, `3.5 min`, `9 h`, `17 d`: two figures, as a forecast deserves. */
export function about(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const [name, size] = units.find(([, unit]) => ms >= 2 * unit) ?? (['s', 1_000] as const);
  const value = ms / size;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} ${name}`;
}
