/**
 * A decision as it is shown before it is signed: read from the very text that gets signed, and from nothing else. Units are
 * the plan's, where it is the plan of that digest. Pure.
 */
import { isObject, readStatement, statementDigest } from '../../approvals/statement.js';
import { digestOf } from '../../plan/canonical.js';
import {
  type DecisionStatement,
  type Request,
  SHOWN_GATES,
  type ShownGate,
  STATEMENT_LIMIT,
} from '../../workflows/contract/decisions.js';
import type { Plan } from '../../workflows/contract/plan.js';
import { exposureText, gateName, quantity, type Unit, unitOf } from './numbers.js';
import { clock, columns, moment, pad, safe, wrap } from './text.js';
import type { Canvas } from './tree.js';

/** Throws when the text is no canonical statement: what cannot be shown must not be signed. */
export function decisionLines(text: string, plan: Plan | null, canvas: Canvas): string[] {
  const { paint } = canvas;
  const said = decisionIn(text);
  const { request, by, key, reason, decision, issuedAtMs } = said;
  const { digests, rules, excluded } = request;
  const title = `${paint.bold(decision.toUpperCase())} stage ${safe(request.stage)} of ${safe(request.model)} ${safe(request.candidateVersion)}`;
  const never = excluded.length === 0 ? '' : `; never ${excluded.map(safe).join(', ')}`;
  const rows: [string, string][] = [
    ['rollout', `${safe(request.rolloutId)}, tenant ${safe(request.tenant)}`],
    ['plan', `${safe(digests.plan)}, policy ${short(digests.policy)}`],
    ['candidate', `${safe(request.candidateVersion)} ${short(digests.candidate)}`],
    ['baseline', `${safe(request.baselineVersion)} ${short(digests.baseline)}`],
    ['stage', `${safe(request.stage)}, attempt ${request.attempt}, request ${safe(request.requestId)}`],
    ['exposure', exposureChange(request)],
    ['evidence', `${short(digests.evidence)}, journal up to entry ${request.journalSeq} ${short(request.journalHead)}`],
    ['needs', `${rules.map((rule) => `${rule.min} ${safe(rule.role)}`).join(' and ')}${never}`],
    ['expires', moment(request.expiresAtMs, canvas.nowMs)],
    ['by', `${safe(by)}, ${clock(issuedAtMs, canvas.nowMs)}`],
    ['key', safe(key)],
    ['reason', reason === null ? 'none given' : safe(reason)],
  ];
  return [
    title,
    ...fields(rows, canvas),
    ...gateLines(request.shown, plan && digestOf(plan) === digests.plan ? plan : null, canvas),
    ...fields([['statement', statementDigest(text)]], canvas),
  ];
}

function decisionIn(text: string): DecisionStatement {
  const reading = readStatement(text, STATEMENT_LIMIT);
  if (reading.kind === 'refused') throw new TypeError(reading.sentence);
  if (!isObject(reading.value)) throw new TypeError('The signed text is no statement.');
  return reading.value as unknown as DecisionStatement;
}

function exposureChange({ exposureBefore, steps, exposureCap }: Request): string {
  const after = steps.map(exposureText).join(' → ');
  return `before ${exposureText(exposureBefore)}; after ${after}; never above ${exposureText(exposureCap)}`;
}

/** Label and value, wrapped under the value. */
export function fields(rows: [label: string, value: string][], { paint, width }: Canvas): string[] {
  const label = Math.max(9, ...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) => {
    const [first = '', ...rest] = wrap(`  ${pad(name, label)}  ${value}`, width, ' '.repeat(label + 4));
    return [`  ${paint.dim(pad(name, label))}${first.slice(label + 2)}`, ...rest];
  });
}

function gateLines(shown: ShownGate[], plan: Plan | null, canvas: Canvas): string[] {
  if (shown.length === 0) return fields([['gates', 'none was judged before this stage']], canvas);
  const { paint, width } = canvas;
  const marks = { pass: paint.green('✔'), fail: paint.red('✘'), inconclusive: paint.yellow('…') };
  const heads = columns(
    shown.map((gate) => [`    ${marks[gate.verdict]} ${gateName(gate)}`, gate.verdict, numbers(gate, plan)]),
  );
  return [
    ...fields(
      [
        [
          'gates',
          `${shown.length}, as judged when it was asked${shown.length < SHOWN_GATES ? '' : '; the evidence may have more'}`,
        ],
      ],
      canvas,
    ),
    ...heads.flatMap((head, at) => [head, ...wrap(`        ${safe(shown[at]?.sentence ?? '')}`, width, '        ')]),
  ];
}

function numbers({ gate, estimate, lower, upper }: ShownGate, plan: Plan | null): string {
  if (estimate === null) return 'no data';
  const unit = shownUnit(gate, plan);
  const bound = (value: number | null): string => (value === null ? '?' : quantity(value, unit));
  return `${quantity(estimate, unit)} [${bound(lower)}, ${bound(upper)}]`;
}

/** A plan of another digest says nothing about these numbers: they are then shown bare. */
function shownUnit(gate: string, plan: Plan | null): Unit {
  const spec = plan?.gates[gate];
  if (!plan || !spec) return 'abs';
  return plan.metrics[spec.metric]?.kind === 'quantile' ? 'ms' : unitOf(spec);
}

/** Enough of a digest to compare by eye; the signed text has it whole. */
function short(digest: string): string {
  return safe(digest.slice(0, 23));
}
