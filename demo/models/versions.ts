/**
 * The four versions of the demo's filter, trained here and now and laid into the model registry: a directory each,
 * with the model and a card that says what it is. Nothing is random, so every machine gets the same digests.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mail } from '../mail.js';
import { trainBayes } from './bayes.js';
import { MODEL_FILE, type Model } from './filter.js';
import { fixRules } from './rules.js';

export const MODEL = 'spam-filter';
export const ALIAS = 'production';

/** What each version is, in a sentence for people. */
export const VERSIONS = {
  'rules-1': 'Thirty-one words, by hand; spam when enough of them are in a letter. Serves when the demo begins.',
  'nb-1': 'Naive Bayes, trained without hard ham, threshold 0. Better overall, and it loses most newsletters.',
  'nb-2': 'Naive Bayes, trained on all mail with hard ham six times, threshold 20. Better on every kind of mail.',
  'nb-3': 'As nb-2 with threshold 18: a little less spam through. A small change, for the last act.',
} as const;
export type Version = keyof typeof VERSIONS;

/** Trains one version on the training half. */
export function trainVersion(version: Version, mail: readonly Mail[]): Model {
  const training = mail.filter(({ split }) => split === 'train');
  const hardHamSixfold = ({ type }: Mail) => (type === 'hard-ham' ? 6 : 1);
  switch (version) {
    case 'rules-1':
      return fixRules(version, training);
    case 'nb-1':
      return trainBayes(version, training, { threshold: 0, weigh: ({ type }) => (type === 'hard-ham' ? 0 : 1) });
    case 'nb-2':
      return trainBayes(version, training, { threshold: 20, weigh: hardHamSixfold });
    case 'nb-3':
      return trainBayes(version, training, { threshold: 18, weigh: hardHamSixfold });
  }
}

/** Trains all versions into `<root>/spam-filter/<version>/`; takes about 3 s. */
export function fillRegistry(root: string, mail: readonly Mail[]): void {
  for (const version of Object.keys(VERSIONS) as Version[]) {
    const directory = join(root, MODEL, version);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, MODEL_FILE), `${JSON.stringify(trainVersion(version, mail))}\n`);
    const card = { model: MODEL, version, about: VERSIONS[version] };
    writeFileSync(join(directory, 'card.json'), `${JSON.stringify(card, null, 2)}\n`);
  }
}

/** Points the alias at the version that serves before any rollout; from then on only promotions move it. */
export function serveFromTheStart(root: string, version: Version): void {
  writeFileSync(join(root, MODEL, 'aliases.json'), `${JSON.stringify({ [ALIAS]: version })}\n`);
}
