/** All rules of the plan language, each by its name in docs and tests. */
import type { Finding } from '../problem.js';
import { namedConnections } from './connections.js';
import type { LintContext, Rule } from './context.js';
import { burnsCanRollBack } from './burn.js';
import { conditionsSensible } from './composition.js';
import { afterHasControl, comparisonsHaveControl } from './control.js';
import { fastLaneUseful } from './fast-lane.js';
import { gatesDecideInTime } from './forecast.js';
import { directionOfKind, expectationsFit, groupsNamed, neededByKind, periodsLongEnough, rangesRise } from './kinds.js';
import { leaseOutlivesPolls, silenceOnPurpose } from './lease.js';
import { limitDirection, limitsInRange } from './limits.js';
import { driftHolds, marginUnits, racingMargins, zeroMargins } from './margins.js';
import { metricFields, seriesNames, sourceOfOneKind, usersCounted, windowInRange } from './metrics.js';
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
  neededByKind,
  metricFields,
  groupsNamed,
  directionOfKind,
  rangesRise,
  periodsLongEnough,
  expectationsFit,
  seriesNames,
  usersCounted,
  queriesReadable,
  marginUnits,
  driftHolds,
  limitsInRange,
  limitDirection,
  burnsCanRollBack,
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
  gatesDecideInTime,
  approvalsSensible,
  conditionsSensible,
  comparisonsHaveControl,
  afterHasControl,
  afterSensible,
];

/** Everything wrong with a plan whose keys and values are legal one by one. */
export function lintPlan(context: LintContext): Finding[] {
  return RULES.flatMap((rule) => rule(context));
}
