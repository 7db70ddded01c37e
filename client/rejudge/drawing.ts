/** The charts of a story in a file of their own. */
import { writeFileSync } from 'node:fs';
import { messageOf, Problem } from '../problem.js';
import { inOrderOfInterest, storyClock } from '../render/judge.js';
import { svgOf } from '../render/judge-svg.js';
import type { Story } from '../render/judge-track.js';

/** Overwrites the file. */
export function drawInto(file: string, story: Story, title: string): void {
  const drawing = { title, tracks: inOrderOfInterest(story), sections: story.sections, clock: storyClock(story) };
  try {
    writeFileSync(file, svgOf(drawing));
  } catch (error) {
    throw new Problem(
      'badPlan',
      `${file} cannot be written: ${messageOf(error)}`,
      'Name a file in a directory that is there: --svg FILE',
      error,
    );
  }
}
