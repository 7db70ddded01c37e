/**
 * Takes the pages of both arms at one moment, and keeps them as they came: evidence first, arithmetic later.
 * A scrape succeeds whole or not at all, so a window always runs between two pages that could be read.
 */
import type { Arm } from '../../workflows/contract/plan.js';
import { excerpt, sourceUnavailable, storeUnavailable } from './failures.js';
import { type Page, PageError, parsePage } from './page.js';

export const ARMS: readonly Arm[] = ['baseline', 'candidate'];

/** Both pages and between which moments they were read. */
export interface Scrape {
  askedMs: number;
  answeredMs: number;
  pages: Record<Arm, Page>;
}

/** A scrape as the evidence store keeps it. */
interface RawScrape {
  version: 1;
  askedMs: number;
  answeredMs: number;
  pages: Record<Arm, string>;
}

/** Asks both arms at once; throws sourceUnavailable naming the arm whose page is missing or not a page. */
export async function takeScrape(readPage: (arm: Arm) => Promise<string>, now: () => number): Promise<string> {
  const askedMs = now();
  const [baseline, candidate] = await Promise.all([readPage('baseline'), readPage('candidate')]);
  const raw: RawScrape = { version: 1, askedMs, answeredMs: now(), pages: { baseline, candidate } };
  for (const arm of ARMS) readablePage(arm, raw.pages[arm]);
  return JSON.stringify(raw);
}

/** A kept scrape, parsed; throws storeUnavailable when it is not what was kept. */
export function parseScrape(kept: string): Scrape {
  const { askedMs, answeredMs, pages } = rawScrape(kept);
  return {
    askedMs,
    answeredMs,
    pages: {
      baseline: readablePage('baseline', pages.baseline),
      candidate: readablePage('candidate', pages.candidate),
    },
  };
}

function rawScrape(kept: string): RawScrape {
  try {
    return JSON.parse(kept) as RawScrape;
  } catch {
    throw storeUnavailable(
      `a kept scrape of ${kept.length} characters is damaged; look at raw pages in the evidence store`,
    );
  }
}

/** Parses one arm's page or throws sourceUnavailable with line and beginning of what came instead. */
export function readablePage(arm: Arm, text: string): Page {
  try {
    return parsePage(text);
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    throw sourceUnavailable(
      `${arm}: the page is not Prometheus text format 0.0.4, ${excerpt(error.message)}; it begins "${excerpt(text.slice(0, 80))}"`,
    );
  }
}
