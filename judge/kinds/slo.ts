/**
 * Error budget: burn-rate pairs over sliding windows. A pair whose factor is at or above the rollback limit is a page and
 * rolls back; the others are tickets and hold. A pass asks that the burn of the whole stage is provably below its limit.
 *
 * Where a control stands beside the candidate, pages and tickets are for what the candidate burns beyond it, and pairs
 * look at users drawn by share alone. An outage of both arms rolls nothing back, but holds while it lasts.
 * Pure, sandbox-safe.
 */
import type { MetricSpec } from '../../workflows/contract/plan.js';
import type { Asked, Counted, Finding, Findings, Kind, Known, Numbers, Showing, Side, Unworded } from '../kind.js';
import type { Calibration } from '../calibration.js';
import { ASSUMED_FACTOR, type Dispersion } from '../means/dispersion.js';
import { single } from '../means/kind.js';
import { allowance, offsetOfArms } from '../means/offset.js';
import { type Range, betaBinomialBounds } from '../procedures/beta-binomial.js';
import { type Burn, type BurnQuestion, PAIRS, burning, factorOf, isCompared } from '../procedures/burn.js';
import { type Recent, addRecent, moveTo, noRecent } from '../procedures/recent.js';
import { lnEvidenceAgainst, proportion } from '../procedures/two-proportions.js';
import type { GateRule } from '../rules.js';
import { selects } from '../selection.js';
import { figure, percent } from '../words.js';

export interface SloBody {
  recent: Recent;
  /** The page that fired by most: what a rollback stood on stays told when the outage is over. */
  fired: Burn | null;
  rollback: Sums;
  promote: Sums;
}
/** Baseline by share, candidate by share or cohort. */
type Sums = [windows: number, baselineUnits: number, baselineBad: number, candidateUnits: number, candidateBad: number];

const noSums = (): Sums => [0, 0, 0, 0, 0];
const budgetOf = (spec: MetricSpec): number =>
  spec.kind === 'slo' ? Math.round((1 - spec.objective) * 1e12) / 1e12 : 1;
const periodOf = (spec: MetricSpec): number => (spec.kind === 'slo' ? spec.periodMs : 0);

export const slo: Kind<SloBody> = {
  acrossSlices: false,
  ask: (_metric, word, { kind, value }) =>
    kind === 'abs' && (word === 'provenAbove' || word === 'provenBelow') ? single(word, value) : null,
  begin: () => ({ recent: noRecent(), fired: null, rollback: noSums(), promote: noSums() }),
  restart: (body) => {
    body.promote = noSums();
  },
  add,
  harm: (_asked, rollback) => (rollback?.proven ? 'burn' : null),
  find: (asked, side) => (side === 'rollback' ? findPage(asked) : findBelow(asked)),
  counted: (body, side): Counted => {
    const [windows, baselineUnits, baselineBad, candidateUnits, candidateBad] = body[side];
    return {
      windows,
      units: { baseline: baselineUnits, candidate: candidateUnits },
      events: { baseline: baselineBad, candidate: candidateBad },
    };
  },
  reasons: (asked) => (ticketOf(asked) ? ['ticket'] : []),
  numbers,
  clause,
  outlook,
};

const drawn = { units: 0, events: 0 };
const everyone = { units: 0, events: 0 };
const control = { units: 0, events: 0 };

function add(
  body: SloBody,
  rule: GateRule,
  { window, cells, slice, named, users, levels, calibration }: Showing,
): void {
  for (const counts of [drawn, everyone, control]) counts.units = counts.events = 0;
  const selection = { slice, named, everyone: true };
  for (const cell of cells) {
    if (cell.payload.kind !== 'rate' || !selects(selection, cell)) continue;
    addTo(cell.arm === 'baseline' ? control : everyone, cell.payload);
    if (cell.arm === 'candidate' && cell.via === 'share') addTo(drawn, cell.payload);
  }
  addSums(body.rollback);
  if (window.phase === 'bake') addSums(body.promote);
  moveTo(body.recent, window.endMs, window.share);
  addRecent(body.recent, isCompared(body.recent) ? drawn : everyone, control);
  const page = pageOf({ body, rule, users, calibration }, levels.rollback);
  if (page && page.long > (body.fired?.long ?? 0)) body.fired = page;
}

function addTo(counts: { units: number; events: number }, payload: { units: number; events: number }): void {
  counts.units += payload.units;
  counts.events += payload.events;
}

function addSums(sums: Sums): void {
  sums[0] += 1;
  sums[1] += control.units;
  sums[2] += control.events;
  sums[3] += everyone.units;
  sums[4] += everyone.events;
}

/** What a pair is asked with. */
type Asks = Pick<Asked<SloBody>, 'body' | 'rule' | 'users'> & { calibration: Calibration };

function question({ body, rule, users, calibration }: Asks, pair: number, level: number): BurnQuestion {
  return {
    budget: budgetOf(rule.spec),
    factor: factorOf(pair, periodOf(rule.spec)),
    level,
    dispersion: calibration.frozen.factor ?? ASSUMED_FACTOR,
    offset: users === null ? 0 : allowance(level) * offsetOfArms(users, body.recent.share),
  };
}

/** The first page that fires; the level is divided equally over all of them. */
function pageOf(asks: Asks, level: number): Burn | null {
  const pages = pagesOf(asks.rule);
  for (let pair = 0; pair < pages; pair += 1) {
    const burn = burning(asks.body.recent, pair, question(asks, pair, level / pages), 'control');
    if (burn) return burn;
  }
  return null;
}

/** Pairs are in the order of their factors, the fastest first. */
function pagesOf({ spec, rollback }: GateRule): number {
  let pages = 0;
  while (rollback && pages < PAIRS.length && factorOf(pages, periodOf(spec)) >= rollback.limit) pages += 1;
  return pages;
}

/**
 * What holds: a ticket; or, beyond the limit of a pass, a burn that cannot be laid at the candidate's door, for while it
 * lasts is no time to raise exposure.
 */
function ticketOf(asked: Asked<SloBody>): Burn | null {
  const { body, rule, levels } = asked;
  const asks = asksOf(asked);
  for (let pair = 0; pair < PAIRS.length; pair += 1) {
    const asking = question(asks, pair, levels.promote / PAIRS.length);
    const outage = asking.factor >= (rule.promote?.limit ?? Number.POSITIVE_INFINITY);
    const burn = burning(body.recent, pair, asking, outage ? 'budget' : 'control');
    if (burn) return burn;
  }
  return null;
}

const asksOf = ({ body, rule, users, metric: { calibration } }: Asked<SloBody>): Asks => ({
  body,
  rule,
  users,
  calibration,
});

/** A broken split says nothing of what the candidate burns beyond its control. */
function findPage(asked: Asked<SloBody>): Finding | null {
  if (!asked.rule.rollback) return null;
  const isVoid = asked.splitBroken && isCompared(asked.body.recent);
  const page = isVoid ? null : pageOf(asksOf(asked), asked.levels.rollback);
  return finding(asked, 'rollback', page && page.long, page, page !== null);
}

function findBelow(asked: Asked<SloBody>): Finding | null {
  const { body, rule, levels, brief } = asked;
  if (!rule.promote) return null;
  const [, , , units, bad] = body.promote;
  if (units <= 0) return finding(asked, 'promote', null, null, false);
  const budget = budgetOf(rule.spec);
  const estimate = bad / units / budget;
  const { factor } = dispersionOf(asked);
  const limit = rule.promote.limit * budget;
  const proven =
    bad < limit * units && lnEvidenceAgainst(proportion(bad, units, factor), limit) >= -Math.log(levels.promote);
  if (brief) return finding(asked, 'promote', estimate, null, proven);
  const { lower, upper } = betaBinomialBounds(bad / factor, units / factor, levels.promote);
  return finding(asked, 'promote', estimate, { lower: lower / budget, upper: upper / budget }, proven);
}

function finding(
  asked: Asked<SloBody>,
  side: Side,
  estimate: number | null,
  range: Range | null,
  proven: boolean,
): Finding {
  return {
    lane: 'burn',
    level: asked.levels[side],
    eValue: null,
    dispersion: dispersionOf(asked),
    estimate,
    lower: range && range.lower,
    upper: range && range.upper,
    proven,
  };
}

function dispersionOf({ metric }: Asked<SloBody>): Dispersion {
  const { factor } = metric.calibration.frozen;
  return { factor: factor ?? ASSUMED_FACTOR, assumed: factor === null };
}

/** Of a failure those of the page that fired; else those of the stage. */
function numbers({ body, rule }: Known<SloBody>, { promote }: Findings, failed: boolean): Numbers {
  const { fired } = body;
  const limits = { rollbackLimit: rule.rollback?.limit ?? null, promoteLimit: rule.promote?.limit ?? 0 };
  if (failed && fired) return { estimate: fired.long, lower: fired.lower, upper: fired.upper, ...limits };
  const { estimate = null, lower = null, upper = null } = promote ?? {};
  return { estimate, lower, upper, ...limits };
}

function clause(asked: Asked<SloBody>, found: Unworded): string {
  const { rule, slice, body } = asked;
  const about = slice === null ? rule.metric : `${rule.metric} on ${slice}`;
  const burns = `${about} burns its budget of ${percent(budgetOf(rule.spec))}`;
  if (found.verdict === 'fail' && body.fired) return `${burns} ${burnText(body.fired, 'rolls back')}`;
  const ticket = found.reasons.includes('ticket') ? ticketOf(asked) : null;
  if (ticket) return `${burns} ${burnText(ticket, 'holds')}`;
  if (found.estimate === null) return `${about}: nothing to judge yet`;
  const most = found.upper === null ? '' : `, at most ${figure(found.upper)}`;
  return `${burns} at ${figure(found.estimate)} times the allowed rate${most}; the limit is ${figure(found.promoteLimit)}`;
}

function burnText({ pair, factor, long, short, control, beyond, full }: Burn, it: string): string {
  const windows = PAIRS[pair] ?? PAIRS[0];
  const so = full ? `over ${windows.long}` : `so far (for less than ${windows.long})`;
  const now = full ? `over ${windows.short}` : 'at present';
  const beside = control === null ? '' : `, the baseline at ${figure(control)}`;
  const from = `${figure(factor)}${beyond ? ' beyond 1.5 times the baseline' : ''}`;
  return `at ${figure(long)} times the allowed rate ${so} and ${figure(short)} ${now}${beside}; it ${it} from ${from}`;
}

function outlook(asked: Asked<SloBody>, found: Unworded): string | null {
  if (found.reasons.includes('ticket')) {
    const ticket = ticketOf(asked);
    const both = ticket !== null && (ticket.control ?? 0) > ticket.factor;
    return both
      ? 'It holds while that lasts; as the baseline burns as well, nothing is rolled back for it'
      : 'It holds until that has stopped: the period cannot bear it';
  }
  if (found.estimate === null || found.estimate < found.promoteLimit) return null;
  return 'At this burn rate it will not pass';
}
