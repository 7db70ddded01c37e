/** All rules of the plan language, each by its name in docs and tests. */
import type { Finding } from '../problem.js';
import { namedConnections } from './connections.js';
import type { LintContext, Rule } from './context.js';
import { afterHasControl, comparisonsHaveControl } from './control.js';
import { leaseOutlivesPolls, silenceOnPurpose } from './lease.js';
import { fastLaneUseful, limitDirection, limitsInRange, marginUnits, racingMargins, zeroMargins } from './margins.js';
import { metricFields, metricKindKnown, seriesNames, sourceOfOneKind, usersCounted, windowInRange } from './metrics.js';
import { queriesReadable } from './queries.js';
import { armsReported, repeatedNames, somethingToDo, unknownNames, unusedNames } from './references.js';
import {
  afterSensible,
  approvalsSensible,
  bakesCanPass,
  cohortsSensible,
  lastStageReachesEveryone,
  sharesRise,
  stageExposes,
} from './stages.js';

const RULES: readonly Rule[] = [
  somethingToDo,
  unknownNames,
  repeatedNames,
  unusedNames,
  armsReported,
  namedConnections,
  sourceOfOneKind,
  windowInRange,
  metricKindKnown,
  metricFields,
  seriesNames,
  usersCounted,
  queriesReadable,
  marginUnits,
  limitsInRange,
  limitDirection,
  racingMargins,
  zeroMargins,
  fastLaneUseful,
  leaseOutlivesPolls,
  silenceOnPurpose,
  stageExposes,
  sharesRise,
  cohortsSensible,
  lastStageReachesEveryone,
  bakesCanPass,
  approvalsSensible,
  comparisonsHaveControl,
  afterHasControl,
  afterSensible,
];

/** Everything wrong with a plan whose keys and values are legal one by one. */
export function lintPlan(context: LintContext): Finding[] {
  return RULES.flatMap((rule) => rule(context));
}
