/** Cells from two counters: events, and what they are counted among (units of a rate, exposure of a count). Pure. */
import { payloadKind } from '../../judge/payload.js';
import type { Arm, MetricSpec } from '../../workflows/contract/plan.js';
import type { Cell } from '../../workflows/contract/windows.js';
import { type ArmDelta, type Labelling, Tally, checkedCell, placeOf } from './cells.js';
import { noData } from './unusable.js';

/** `among` and `events` of both arms; an arm that counted the one but has no counter of the other at all is noData, not zero. */
export function eventsFromCounters(
  metric: MetricSpec,
  among: readonly ArmDelta[],
  events: readonly ArmDelta[],
  labelling: Labelling,
  hasEvents: (arm: Arm) => boolean,
): Cell[] {
  const tally = new Tally(() => ({ among: 0, events: 0 }));
  for (const delta of among) tally.add(placeOf(delta, labelling), (sum) => void (sum.among += delta.by));
  for (const delta of events) tally.add(placeOf(delta, labelling), (sum) => void (sum.events += delta.by));
  for (const { arm } of among)
    if (!hasEvents(arm)) throw noData(`${arm} has no counter of events; export it from the start, at 0`);
  const isCount = payloadKind(metric.kind) === 'count';
  const cells = tally
    .entries()
    .map(({ sum, ...place }) =>
      checkedCell(
        place,
        metric,
        isCount
          ? { kind: 'count', events: sum.events, exposure: sum.among }
          : { kind: 'rate', units: sum.among, events: sum.events },
      ),
    );
  if (cells.length === 0) throw noData('no units were ever counted');
  return cells;
}
