/** The Temporal UI, opened on a rollout, tells the story to somebody who does not know the code. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { BakeResult } from '../../workflows/contract/activities.js';
import { withPage } from '../support/browser.js';
import { fakeWorld, verdictOf } from '../support/fake-activities.js';
import { sharedTemporal } from '../support/temporal.js';
import { eventually, withRollout } from '../support/workflow-test.js';

/** What a person reads; the UI shows Markdown in frames of its own. */
async function textOf(page: Page): Promise<string> {
  const texts = await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()));
  return texts.join('\n');
}

async function shows(page: Page, text: string): Promise<string> {
  return eventually(
    `"${text}" on the page`,
    () => textOf(page),
    (shown) => shown.includes(text),
  );
}

/** Screenshots for people: `SLUICE_SCREENSHOTS=dir npm test -- e2e`. */
async function shoot(page: Page, name: string): Promise<void> {
  const directory = process.env['SLUICE_SCREENSHOTS'];
  if (!directory) return;
  await mkdir(directory, { recursive: true });
  await page.screenshot({ path: `${directory}/${name}.png`, fullPage: true });
}

test('the page of a waiting rollout says where it stands, who is awaited and what to type', {
  timeout: 120_000,
}, async () => {
  const { ui } = await sharedTemporal();
  await withRollout('ui', { world: () => judged() }, async ({ handle, until }) => {
    const { request, model } = await until('a request', (view) => view.request !== null);
    const { runId } = await handle.describe();
    await withPage(async (page) => {
      const base = `${ui}/namespaces/default/workflows/${encodeURIComponent(handle.workflowId)}/${runId}`;
      await page.goto(`${base}/timeline`);
      const timeline = await shows(page, 'raising internal step 1');
      await shoot(page, 'timeline');
      assert.match(timeline, /judging internal/);
      assert.match(timeline, /guarding internal/);
      await page.goto(`${base}/user-metadata`);
      const text = await shows(page, 'What to type next');
      await shoot(page, 'user-metadata');
      for (const expected of [
        /awaiting approval/,
        /asked cohorts staff/,
        /Awaited:\s*modelOwner/,
        /errors-low.*1,912 candidate units/,
        new RegExp(`sluice approve ${model} --as NAME`),
        /UNPROVEN/,
      ]) {
        assert.match(text, expected);
      }
      assert.ok(request);
      await page.goto(
        `${ui}/namespaces/default/workflows?query=${encodeURIComponent(`SluiceModel="${model}" AND SluiceStatus="awaitingApproval"`)}`,
      );
      await shows(page, handle.workflowId);
      await shoot(page, 'list');
    });
  });
});

function judged(): ReturnType<typeof fakeWorld> {
  const world = fakeWorld();
  const plain = world.activities;
  world.activities = { ...plain, bake: (input) => withNumbers(plain.bake(input)) };
  return world;
}

async function withNumbers(looked: Promise<BakeResult>): Promise<BakeResult> {
  const result = await looked;
  const gate = {
    gate: 'errors-low',
    metric: 'errors',
    slice: null,
    lane: 'absolute' as const,
    verdict: 'pass' as const,
    estimate: 0.002,
    lower: 0.001,
    upper: 0.006,
    rollbackLimit: 0.01,
    promoteLimit: 0.01,
    level: 0.05,
    eValue: null,
    units: { baseline: 0, candidate: 1912 },
    events: { baseline: 0, candidate: 4 },
    windows: 6,
    control: 'none' as const,
    dispersion: { factor: 1, assumed: false },
    reasons: [],
    sentence: 'errors are at most 0.6 %, below the limit of 1 %; 1,912 candidate units',
  };
  return { ...result, verdict: { ...verdictOf('pass'), gates: [gate], asOfMs: Date.now() } };
}
