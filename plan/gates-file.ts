/**
 * A gates file: a whole plan, or only its `version`, `metrics`, `gates` and `falseAlarms`, for judging what was recorded
 * elsewhere. There its metrics need neither source nor series; they may keep them. Pure; zod, not for the sandbox.
 */
import { z } from 'zod';
import type { Plan, Reading } from '../workflows/contract/plan.js';
import { compilePlan } from './compile.js';
import { readYaml, type SourceText } from './document.js';
import { type FilledPlan, fillPlan } from './fill.js';
import type { LintContext, Rule } from './lint/context.js';
import { fastLaneUseful } from './lint/fast-lane.js';
import {
  directionOfKind,
  expectationsFit,
  groupsNamed,
  neededByKind,
  periodsLongEnough,
  rangesRise,
} from './lint/kinds.js';
import { burnsCanRollBack } from './lint/burn.js';
import { limitDirection, limitsInRange } from './lint/limits.js';
import { driftHolds, marginUnits, racingMargins, zeroMargins } from './lint/margins.js';
import { usersCounted } from './lint/metrics.js';
import { somethingToDo, unknownNames, unusedNames } from './lint/references.js';
import { type Field, FIELDS, KINDS, rulesOf } from './metric-kinds.js';
import type { Finding, Problem } from './problem.js';
import { readPlan, type ReadPlanOptions } from './read.js';
import { planSchema, type WrittenMetric } from './schema.js';
import { gateSchema } from './schema-gates.js';
import { metricSchema } from './schema-metrics.js';
import { secretsIn } from './secrets.js';
import { placed, type Typed, typed } from './typed.js';
import { name, named } from './words.js';

export type GatesReading =
  | {
      kind: 'gates';
      /** Of a gates file alone: one stage named `recorded` that asks every gate, and nothing to roll out. */
      plan: Plan;
      /** The file is a whole plan, so its stages say when a gate is asked and how long it bakes. */
      whole: boolean;
      warnings: Problem[];
    }
  | { kind: 'problems'; problems: Problem[] };

const { version, falseAlarms } = planSchema.shape;
const gatesSchema = z.strictObject({
  version,
  metrics: named(name(), metricSchema.partial({ from: true })).meta({
    description: 'What was measured, by the name the data has for it.',
    examples: [{ errors: { kind: 'rate', better: 'lower' } }],
  }),
  gates: named(name(), gateSchema).meta({
    description: 'Questions asked of metrics, by a name of your choice.',
    examples: [{ errors: { promoteWhen: { provenWithin: '0.5pp' } } }],
  }),
  falseAlarms,
});
type WrittenGates = z.infer<typeof gatesSchema>;

/** Keys that only a whole plan has. */
const OF_A_PLAN = ['stages', 'preset', 'model', 'candidate', 'target'];

/** Reads a gates file. Nothing of a file with a single problem is used. */
export function readGates(text: string, options: Omit<ReadPlanOptions, 'mode'>): GatesReading {
  const source = readYaml(text, options.file);
  if (source.data === undefined) return { kind: 'problems', problems: source.problems };
  if (isWhole(source.data)) return wholePlan(text, options);
  const reading = typed(gatesSchema, source.data);
  const filled = reading.value && fillPlan(asPlan(reading.value));
  const lint = (filled ? RULES.flatMap((rule) => rule(contextOf(filled))) : []).filter(
    (finding) => !echoes(reading, finding),
  );
  const problems = problemsIn(source, [...reading.findings, ...secretsIn(source.data)], lint);
  if (problems.length > 0 || !filled || !reading.value) return { kind: 'problems', problems };
  const warnings = placed(
    { ...source, problems: [] },
    lint.filter(({ warning }) => warning),
  );
  return { kind: 'gates', plan: compiled(filled, reading.value), whole: false, warnings };
}

function isWhole(data: unknown): boolean {
  return typeof data === 'object' && data !== null && OF_A_PLAN.some((key) => Object.hasOwn(data, key));
}

/** Nothing is connected to, so raw connections are as good as names here. */
function wholePlan(text: string, options: Omit<ReadPlanOptions, 'mode'>): GatesReading {
  const reading = readPlan(text, { ...options, mode: 'development' });
  if (reading.kind === 'problems') return reading;
  const warnings = reading.warnings.filter(({ code }) => OF_GATES.has(code));
  return { kind: 'gates', plan: reading.plan, whole: true, warnings };
}

/** Of a plan's warnings, those that say something of its gates. */
const OF_GATES: ReadonlySet<string> = new Set(['zeroMargin', 'uselessFastLane', 'anyOfOne']);

const SOURCE = 'recorded';
const NOWHERE = { text: '', file: null };

/** The smallest plan around the gates: one stage that asks them all. */
function asPlan({ metrics, gates, falseAlarms: budgets }: WrittenGates) {
  return {
    version: 1 as const,
    model: SOURCE,
    tenant: SOURCE,
    owner: SOURCE,
    candidate: { registry: SOURCE, version: SOURCE },
    target: { store: SOURCE, flag: SOURCE, stickyBy: SOURCE },
    sources: { [SOURCE]: { sql: SOURCE } },
    metrics: mapValues(metrics, withoutSeries),
    gates,
    ...(budgets && { falseAlarms: budgets }),
    stages: [{ name: SOURCE, exposure: { share: '50%' }, gates: Object.keys(gates) }],
  };
}

type LooseMetric = WrittenGates['metrics'][string];

/** Fields that say where a number comes from, not what it is. */
const KINDS_OWN: readonly Field[] = Object.values(KINDS).flatMap(({ own }) => own);
const SERIES = FIELDS.filter((field) => !KINDS_OWN.includes(field));

function withoutSeries(metric: LooseMetric): WrittenMetric {
  const kept = Object.entries(metric).filter(([field]) => !SERIES.some((series) => series === field));
  return { ...(Object.fromEntries(kept) as LooseMetric), from: SOURCE };
}

function mapValues<In, Out>(all: Record<string, In>, make: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, make(value)]));
}

function contextOf(plan: FilledPlan): LintContext {
  return { plan, mode: 'development', readQuery: () => null };
}

/** What belongs to a kind must be there, and nothing of another kind. */
const ownFields: Rule = ({ plan }) =>
  Object.entries(plan.metrics).flatMap(([metric, spec]) => {
    const { noun, own } = rulesOf(spec) ?? KINDS[spec.kind];
    return [...new Set(KINDS_OWN)].flatMap((field): Finding[] => {
      const written = spec[field] !== undefined;
      // Drift has both yardsticks where none is named.
      if (written === own.includes(field)) return [];
      const path = ['metrics', metric, ...(written ? [field] : [])];
      const message = written
        ? `${noun} has no \`${field}\``
        : `\`${field}\` is missing: ${noun} is not defined without it`;
      return [
        { code: 'metricFields', path, at: 'key', message, remedy: written ? 'remove it' : `add \`${field}: ...\`` },
      ];
    });
  });

const RULES: readonly Rule[] = [
  (context) => somethingToDo(context).filter(({ path }) => path[0] === 'gates'),
  unknownNames,
  (context) => unusedNames(context).filter(({ path }) => path[0] === 'metrics'),
  ownFields,
  neededByKind,
  groupsNamed,
  directionOfKind,
  rangesRise,
  periodsLongEnough,
  expectationsFit,
  usersCounted,
  marginUnits,
  driftHolds,
  limitsInRange,
  limitDirection,
  burnsCanRollBack,
  racingMargins,
  zeroMargins,
  fastLaneUseful,
];

/** What is said of something only because a part of it was taken out. */
function echoes({ removed }: Typed<WrittenGates>, { path }: Finding): boolean {
  return removed.some((gone) => gone[0] === path[0] && (gone.length < 2 || gone[1] === path[1]));
}

function problemsIn(source: SourceText, findings: Finding[], lint: Finding[]): Problem[] {
  return placed(source, [...findings, ...lint.filter(({ warning }) => !warning)]);
}

function compiled(filled: FilledPlan, { metrics }: WrittenGates): Plan {
  const plan = compilePlan(filled, new Map(Object.keys(metrics).map((metric) => [metric, NOWHERE])));
  const read = Object.entries(plan.metrics).map(([metric, spec]) => {
    const reading = readingOf(metrics[metric]);
    return [metric, reading ? { ...spec, reading } : spec] as const;
  });
  return { ...plan, metrics: Object.fromEntries(read) };
}

/** Series as a Prometheus server has them; null where the file names none. */
function readingOf(metric: LooseMetric | undefined): Reading | null {
  const { units, events, exposure, histogram } = metric ?? {};
  if (histogram !== undefined) return { kind: 'prometheusHistogram', histogram };
  if (events === undefined) return null;
  if (exposure !== undefined) return { kind: 'prometheusCount', events, exposure };
  return units === undefined ? null : { kind: 'prometheus', units, events };
}
