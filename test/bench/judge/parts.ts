/** What there is to ask, in the order of the page. */
import type { Part } from './part.js';
import { coverage } from './parts/coverage.js';
import { detection } from './parts/detection.js';
import { falseAlarms } from './parts/false-alarms.js';
import { falsePromotions } from './parts/false-promotions.js';
import { noPromotion } from './parts/no-promotion.js';
import { slices } from './parts/slices.js';
import { speed } from './parts/speed.js';
import { timeToPass } from './parts/time-to-pass.js';

export const PARTS: readonly Part[] = [
  falseAlarms,
  falsePromotions,
  detection,
  slices,
  coverage,
  noPromotion,
  timeToPass,
  speed,
] as Part[];
