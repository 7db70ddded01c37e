/** What a decision stands for, before it is given. Pure. */
import type { Request } from '../../workflows/contract/view.js';
import type { Told } from '../rollouts.js';
import { given } from './decisions.js';
import { exposureText, gateName, interval, unitOf } from './numbers.js';
import { columns, moment, safe } from './text.js';
import type { Canvas } from './tree.js';

export function requestLines(request: Request, told: Told, { paint, nowMs }: Canvas): string[] {
  const { view, plan } = told;
  const steps = request.steps.map(exposureText).join(' → ');
  const rows = [
    ['request', request.requestId],
    ['stage', `${safe(request.stage)}, attempt ${request.attempt}: ${steps}`],
    ['candidate', `${safe(view?.candidateVersion ?? '')} ${request.digests.candidate.slice(0, 19)}`],
    ['baseline', `${safe(view?.baselineVersion ?? '')} ${request.digests.baseline.slice(0, 19)}`],
    ['evidence', request.digests.evidence.slice(0, 19)],
    ['needs', request.rules.map((rule) => `${rule.min} ${safe(rule.role)}`).join(' and ')],
    ['given', given(view, request).join('; ') || 'none'],
    ['expires', moment(request.expiresAtMs, nowMs)],
    ...(view?.verdict?.gates ?? []).map((gate) => [
      'evidence says',
      `${gateName(gate)} ${gate.verdict}: ${interval(gate, unitOf(plan?.gates[gate.gate]))}`,
    ]),
  ];
  return columns(rows.map(([key = '', value = '']) => [paint.dim(key), value]));
}
