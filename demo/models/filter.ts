/** A filter as the servers run it: a model file of either kind, loaded and ready to answer. */
import { readFileSync } from 'node:fs';
import type { Letter } from '../mail.js';
import { type BayesModel, bayesScorer } from './bayes.js';
import { type RulesModel, rulesSaySpam } from './rules.js';

export type Model = RulesModel | BayesModel;
/** True: spam. */
export type Filter = (letter: Letter) => boolean;

export const MODEL_FILE = 'model.json';

export function loadModel(file: string): Model {
  const model = JSON.parse(readFileSync(file, 'utf8')) as Model;
  if (model.kind !== 'rules' && model.kind !== 'bayes') throw new Error(`${file} holds no model the demo knows`);
  return model;
}

export function filterOf(model: Model): Filter {
  switch (model.kind) {
    case 'rules':
      return (letter) => rulesSaySpam(model, letter);
    case 'bayes': {
      const score = bayesScorer(model);
      return (letter) => score(letter) > model.threshold;
    }
  }
}
