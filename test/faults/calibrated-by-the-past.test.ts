/** A database remembers what was before the rollout: the first verdict stands on that, not on an assumption. */
import assert from 'node:assert/strict';
import { directoryEvidence } from '../../activities/store/directory.js';
import { TENANT } from '../support/mini-world/files.js';
import { faultTest } from '../support/mini-world.js';
import { startPostgres } from '../support/postgres.js';

faultTest(
  'admission reads the past of a database, and the first verdict assumes nothing of its scatter',
  async (world) => {
    const postgres = await startPostgres();
    try {
      await world.outcomesAt(postgres.port);
      await world.worker();
      const rollout = await world.start({ outcomes: true });
      const { verdict } = await rollout.until('the first verdict', (seen) => seen.verdict !== null);
      const lost = verdict?.gates.find(({ gate }) => gate === 'lost-low');
      assert.deepEqual(lost?.dispersion, { factor: 1, assumed: false });
      const evidence = await directoryEvidence(world.files.evidence).open(TENANT, rollout.rolloutId);
      const [past, page] = await Promise.all(['lost', 'errors'].map((metric) => evidence.windows('past', metric)));
      assert.ok((past?.length ?? 0) >= 60, `${past?.length} windows`);
      assert.deepEqual(page, [], 'a page of metrics has no past');
      const [first] = await evidence.windows('windows/general-0-1', 'lost');
      assert.ok((past?.at(-1)?.endMs ?? 0) <= (first?.startMs ?? 0), 'the past ends before the rollout begins');
      const { notes } = (await evidence.getDocument('past')) as { notes: string[] };
      assert.deepEqual(notes, [`Calibrated from ${past?.length} windows of the past: lost.`]);
    } finally {
      await postgres.stop();
    }
  },
);
