/**
 * The door of this room: the text of a rollout file in, a canonical plan or everything wrong with it out. Pure: query
 * files are read through a function of the caller. Not sandbox-safe (zod, node:crypto).
 */
import type { Digest, Plan } from '../workflows/contract/plan.js';
import { digestOf } from './canonical.js';
import { compilePlan } from './compile.js';
import { readYaml } from './document.js';
import { fillPlan } from './fill.js';
import { type FilledDefault, filledYaml, filledDefaults } from './filled.js';
import type { LintContext, Mode } from './lint/context.js';
import { loadQueries } from './lint/queries.js';
import { lintPlan } from './lint/rules.js';
import { type Path, type Problem, related } from './problem.js';
import { planSchema } from './schema.js';
import { secretsIn } from './secrets.js';
import { placed, typed } from './typed.js';

export interface ReadPlanOptions {
  /** Name of the file, as problems show it. */
  file: string;
  /** Text of a query file by its path relative to the plan; null when there is none. */
  queries: (path: string) => string | null;
  /** Default `production`: raw URLs and paths are refused. */
  mode?: Mode;
}

export type PlanReading =
  | {
      kind: 'plan';
      plan: Plan;
      /** Over the canonical form of `plan`: what approvals and evidence refer to. */
      digest: Digest;
      warnings: Problem[];
      /** The plan as YAML with every default filled in and marked `# default`; reads back to the same digest. */
      filled: string;
      /** The same defaults one by one, by path. */
      defaults: FilledDefault[];
    }
  | { kind: 'problems'; problems: Problem[]; warnings: Problem[] };

/** Sections whose rules look at all stages together, and at the windows that set their pace. */
const PACED = new Set(['stages', 'after', 'lease']);

/** What is said of one place only because something illegal was taken out at another. */
function echoes(gone: Path, path: Path): boolean {
  const [from] = gone;
  const [to] = path;
  if (from === 'preset' || related(gone, path)) return true;
  const exposure = (from === 'stages' || from === 'after') && (to === 'stages' || to === 'after');
  const pace = (from === 'sources' || from === 'guardEvery') && PACED.has(String(to));
  return exposure || pace || (from === 'metrics' && to === 'metrics' && gone[1] === path[1]);
}

/** Reads, checks, fills and compiles a plan. Nothing of a plan with a single problem is used. */
export function readPlan(text: string, { file, queries, mode = 'production' }: ReadPlanOptions): PlanReading {
  const source = readYaml(text, file);
  if (source.data === undefined) return { kind: 'problems', problems: source.problems, warnings: [] };
  const { value, findings, removed } = typed(planSchema, source.data);
  const secrets = secretsIn(source.data);
  const context: LintContext | null = value ? { plan: fillPlan(value), mode, readQuery: queries } : null;
  const lint = (context ? lintPlan(context) : []).filter(
    (finding) => !removed.some((gone) => echoes(gone, finding.path)),
  );
  const warnings = placed(
    { ...source, problems: [] },
    lint.filter(({ warning }) => warning),
  );
  const refusals = placed(
    { ...source, problems: [] },
    lint.filter(({ warning }) => !warning),
  );
  const problems = placed({ ...source, problems: [...source.problems, ...refusals] }, [...findings, ...secrets]);
  if (problems.length > 0 || !context) return { kind: 'problems', problems, warnings };
  const plan = compilePlan(context.plan, loadQueries(context));
  const defaults = filledDefaults(context.plan, source.data);
  return { kind: 'plan', plan, digest: digestOf(plan), warnings, filled: filledYaml(context.plan, defaults), defaults };
}
