/** Verify shows the judge the recorded windows in the very order in which a worker without memory does. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openAfresh, storedIn } from '../../../activities/bake/showing.js';
import { contextAt } from '../../../activities/bake/step-context.js';
import { readDossier, windowsIn } from '../../../evidence/dossier.js';
import { rejudge } from '../../../evidence/rejudge.js';
import { type Passage, walk } from '../../../evidence/walk.js';
import { makeJudge } from '../../../judge/judge.js';
import type { Plan } from '../../../workflows/contract/plan.js';
import type { StepVerdict } from '../../../workflows/contract/verdicts.js';
import { keyRing } from '../../support/ssh.js';
import { keptRollout, thePlan } from './fixture.js';
import type { Files } from './keeping.js';

const ring = keyRing();
after(() => ring.remove());

async function byWorker(
  plan: Plan,
  files: Files,
  step: { stage: string; mode: 'bake' | 'guard'; key: string; earlier: string[]; sinceMs: number },
): Promise<StepVerdict> {
  const dossier = readDossier(files);
  const windows = (directory: string, metric: string) =>
    Promise.resolve(windowsIn(dossier, directory).filter((window) => window.metric === metric));
  const kept = { plan, evidence: { windows } };
  const stage = plan.stages.find(({ name }) => name === step.stage);
  const { mode, sinceMs, key, earlier } = step;
  const { share } = stage?.steps[0] ?? { share: 0 };
  const own = contextAt(stage, { gates: stage?.gates ?? [], share, step: 0, sinceMs, mode, waive: [] });
  const judge = makeJudge(plan);
  const { state } = await openAfresh(kept, judge, { earlier, key, own });
  const directory = `${mode === 'bake' ? 'windows' : 'guard'}/${key}`;
  for (const window of await storedIn(kept, directory)) judge.update(state, window);
  return judge.explain(state);
}

function verdictsOf(files: Files): { passage: Passage; sinceMs: number }[] {
  const { entries } = readDossier(files);
  const passages = walk(thePlan(), entries);
  return passages
    .filter(({ entry }) => entry.event === 'verdict')
    .map((passage) => {
      const raised = entries.findLast(({ event, seq }) => event === 'raised' && seq < passage.entry.seq);
      return { passage, sinceMs: raised?.atMs ?? 0 };
    });
}

describe('a verdict judged again', () => {
  it('is the one a worker comes to, number for number, at a pass', async () => {
    const files = keptRollout(ring);
    const [, beta] = verdictsOf(files);
    assert.ok(beta);
    const { sinceMs } = beta;
    const worker = await byWorker(thePlan(), files, {
      stage: 'beta',
      mode: 'bake',
      key: 'beta-0-1',
      earlier: ['internal-0-1'],
      sinceMs,
    });
    const again = rejudge(readDossier(files), thePlan(), beta.passage, sinceMs);
    assert.deepEqual(again, { kind: 'same', verdict: worker });
  });

  it('is the one a worker comes to at a failure that a guard proved while people decided', async () => {
    const files = keptRollout(ring, { isHarmful: true });
    const failed = verdictsOf(files).at(-1);
    assert.ok(failed);
    const { sinceMs } = failed;
    const worker = await byWorker(thePlan(), files, {
      stage: 'internal',
      mode: 'guard',
      key: 'beta-0-0',
      earlier: ['internal-0-1'],
      sinceMs,
    });
    const again = rejudge(readDossier(files), thePlan(), failed.passage, sinceMs);
    assert.deepEqual(again, { kind: 'same', verdict: worker });
  });
});
