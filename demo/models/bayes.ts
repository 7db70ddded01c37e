/**
 * Multinomial naive Bayes on the presence of words in body and subject (a word in the subject is another feature than
 * the same word in the body), with Lidstone smoothing. A letter is spam when its log-odds exceed the threshold. Pure.
 */
import type { Letter, Mail } from '../mail.js';
import { MOST_CHARACTERS, wordsOf } from './words.js';

export interface BayesModel {
  kind: 'bayes';
  version: string;
  /** Log-odds of spam before a word is read. */
  prior: number;
  /** What each known word adds; words never seen in training add nothing. */
  logOdds: Record<string, number>;
  /** Log-odds a letter must exceed: the price of losing real mail against letting spam through. */
  threshold: number;
}

export interface Training {
  threshold: number;
  /** How often a mail counts; 0 leaves it out. */
  weigh: (mail: Mail) => number;
}

const ALPHA = 0.1;
const MIN_MAILS = 2;

interface Count {
  spam: number;
  ham: number;
  /** Mails that hold the word, unweighted. */
  mails: number;
}

export function trainBayes(version: string, training: readonly Mail[], { threshold, weigh }: Training): BayesModel {
  const mails: Count = { spam: 0, ham: 0, mails: 0 };
  const counts = new Map<string, Count>();
  for (const mail of training) {
    const weight = weigh(mail);
    if (weight === 0) continue;
    const side = mail.type === 'spam' ? 'spam' : 'ham';
    mails[side] += weight;
    for (const feature of featuresOf(mail)) {
      const count = counts.get(feature) ?? { spam: 0, ham: 0, mails: 0 };
      count[side] += weight;
      count.mails += 1;
      counts.set(feature, count);
    }
  }
  const known = [...counts].filter(([, count]) => count.mails >= MIN_MAILS).sort(([a], [b]) => (a < b ? -1 : 1));
  return { kind: 'bayes', version, prior: Math.log(mails.spam / mails.ham), logOdds: weightsOf(known), threshold };
}

function weightsOf(known: readonly (readonly [string, Count])[]): Record<string, number> {
  const smooth = ALPHA * known.length;
  const spam = known.reduce((sum, [, count]) => sum + count.spam, smooth);
  const ham = known.reduce((sum, [, count]) => sum + count.ham, smooth);
  return Object.fromEntries(
    known.map(([feature, count]) => [
      feature,
      Math.log((count.spam + ALPHA) / spam) - Math.log((count.ham + ALPHA) / ham),
    ]),
  );
}

/** A ready scorer: a Map, for a letter may well say `constructor`. */
export function bayesScorer(model: BayesModel): (letter: Letter) => number {
  const logOdds = new Map(Object.entries(model.logOdds));
  return (letter) => {
    let score = model.prior;
    for (const feature of featuresOf(letter)) score += logOdds.get(feature) ?? 0;
    return score;
  };
}

function* featuresOf({ subject, body }: Letter): Generator<string> {
  yield* wordsOf(body.slice(0, MOST_CHARACTERS));
  for (const word of wordsOf(subject)) yield `subject:${word}`;
}
