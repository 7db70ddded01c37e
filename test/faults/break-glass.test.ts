/** An emergency start, whole: what it waives and up to where, and what it owes afterwards, also when nothing of it runs any more. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ledgerOf } from '../../activities/store/ledger.js';
import { reviewStatement } from '../../approvals/review.js';
import { type BreakGlass, NAMESPACES } from '../../workflows/contract/decisions.js';
import type { Digest } from '../../workflows/contract/plan.js';
import { TENANT } from '../support/mini-world/files.js';
import { keyOf, signed, trustIn } from '../support/mini-world/trust.js';
import { faultTest } from '../support/mini-world.js';
import { keyRing } from '../support/ssh.js';
import { eventually } from '../support/workflow-test.js';

const ring = keyRing();
after(() => ring.remove());

const PEOPLE = { ada: 'modelOwner, onCall', eve: 'onCall', rex: 'risk', mia: '' };
const RULES = `breakGlass:
  rules: [{ role: onCall, min: 2 }]
  reasonCodes: [outage]
  cap: 25%
  reviewWithin: 1s
  reviewRole: risk
`;
const STAGES = `[{ name: general, exposure: { share: [25%, 100%] }, bake: { warmup: 1s, min: 1s, max: 3m }, gates: [errors-low, flawless] }]`;
/** At the cap it passed within fewer: a look a second, a second of warm-up and one of baking. */
const LOOKS = 8;
const OUTAGE: BreakGlass = { reasonCode: 'outage', reason: 'the baseline is down', waive: ['flawless'] };

const started = (model: string, breakGlass: BreakGlass | null, approvers: string[]) => ({
  by: 'mia',
  order: (facts: { rolloutId: string; plan: Digest }) => {
    const says = { tenant: TENANT, model, breakGlass, ...facts };
    return {
      order: signed(ring, 'mia', NAMESPACES.start, says),
      breakGlass: approvers.map((by) => signed(ring, by, NAMESPACES.breakGlass, says)),
    };
  },
});

faultTest(
  'an emergency start passes without its waived gate up to the cap, and blocks the next start until it is reviewed',
  async (world) => {
    await world.worker({ args: await trustIn(world, ring, PEOPLE, RULES) });
    const setting = { stages: STAGES, impossible: true };
    const alone = await world.start(setting, started(world.model, OUTAGE, ['ada']));
    assert.equal((await alone.ending()).how, 'Refused', 'one person alone breaks no glass');

    const emergency = await world.start(setting, started(world.model, OUTAGE, ['ada', 'eve']));
    await emergency.until('100 %', ({ asked, status }) => asked.share === 1 && status === 'baking', 60_000);
    await eventually(
      'looks enough to pass, were the gate waived here too',
      () => emergency.attempt('bake'),
      (attempt) => attempt > LOOKS,
      60_000,
    );
    const { status, asked } = await emergency.view();
    assert.deepEqual([status, asked.share], ['baking', 1], 'above its cap the gate counts as ever');
    await emergency.send('rollback', { by: 'oncall', reason: 'the outage is over' });
    assert.equal((await emergency.ending()).how, 'RolledBack');

    const next = () => world.start({ stages: STAGES, impossible: true }, started(world.model, null, []));
    assert.equal(
      (await (await next()).ending()).how,
      'Refused',
      'the review is overdue, although the workflow is gone',
    );
    const ledger = ledgerOf(world.files.evidence, TENANT);
    const [entry] = await ledger.list();
    assert.ok(entry);
    assert.deepEqual([entry.rolloutId, entry.by.toSorted()], [emergency.rolloutId, ['ada', 'eve']]);
    const said = { finding: 'justified', by: 'rex', key: keyOf(ring, 'rex').fingerprint, issuedAtMs: Date.now() };
    const statement = reviewStatement(entry, said);
    const signature = ring.key('rex').sign(NAMESPACES.review, statement);
    await ledger.review(entry.rolloutId, { by: 'rex', atMs: Date.now(), statement, signature });
    const admitted = await next();
    await admitted.until('25 %', ({ asked }) => asked.share === 0.25);
    await admitted.send('rollback', { by: 'oncall' });
    assert.equal((await admitted.ending()).how, 'RolledBack');
  },
);
