/** The figures the demo's story stands on, measured on mail no model has seen. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type Mail, type MailType, loadMail, readLetter } from '../../../demo/mail.js';
import { filterOf } from '../../../demo/models/filter.js';
import { type Version, trainVersion } from '../../../demo/models/versions.js';

interface Measured {
  accuracy: number;
  hardHamLost: number;
  hamLost: number;
  spamKept: number;
}

function measure(version: Version, mail: readonly Mail[]): Measured {
  const filter = filterOf(trainVersion(version, mail));
  const judged = mail
    .filter(({ split }) => split === 'heldOut')
    .map((letter) => ({ type: letter.type, spam: filter(letter) }));
  const share = (of: (type: MailType) => boolean, spam: boolean) => {
    const those = judged.filter(({ type }) => of(type));
    return those.filter((one) => one.spam === spam).length / those.length;
  };
  return {
    accuracy: judged.filter(({ type, spam }) => (type === 'spam') === spam).length / judged.length,
    hardHamLost: share((type) => type === 'hard-ham', true),
    hamLost: share((type) => type !== 'spam', true),
    spamKept: share((type) => type === 'spam', false),
  };
}

function near(actual: number, wanted: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${what}: ${actual.toFixed(4)}, wanted ${wanted} +- ${tolerance}`);
}

describe('the mail', () => {
  it('reads a folded subject and leaves the headers out of the body', () => {
    const letter = readLetter('From: a@b\nSubject: one\n two\nTo: c@d\n\nHello\n\nthere\n');
    assert.deepEqual(letter, { subject: 'one two', body: 'Hello\n\nthere' });
  });
});

describe('the models, on held-out mail', () => {
  let mail: Mail[] = [];
  let rules: Measured, bad: Measured, good: Measured, third: Measured;
  before(() => {
    mail = loadMail();
    [rules, bad, good, third] = [
      measure('rules-1', mail),
      measure('nb-1', mail),
      measure('nb-2', mail),
      measure('nb-3', mail),
    ];
  });

  it('share no body between training and held-out mail', () => {
    assert.equal(mail.length, 6046);
    const trained = new Set(mail.filter(({ split }) => split === 'train').map(({ hash }) => hash));
    assert.deepEqual(
      mail.filter(({ split, hash }) => split === 'heldOut' && trained.has(hash)),
      [],
    );
  });

  it('find the bad candidate better overall and ruinous on hard ham', () => {
    near(rules.accuracy, 0.87, 0.015, 'accuracy of the rules');
    near(bad.accuracy, 0.96, 0.01, 'accuracy of the bad candidate');
    near(rules.hardHamLost, 0.17, 0.02, 'hard ham lost by the rules');
    near(bad.hardHamLost, 0.69, 0.04, 'hard ham lost by the bad candidate');
  });

  it('find the good candidate better on every kind of mail', () => {
    near(good.hardHamLost, 0.06, 0.02, 'hard ham lost by the good candidate');
    near(good.spamKept, 0.1, 0.02, 'spam kept by the good candidate');
    near(rules.spamKept, 0.28, 0.02, 'spam kept by the rules');
    assert.ok(good.hamLost < rules.hamLost / 3);
  });

  it('find the third candidate close to the good one', () => {
    near(third.hardHamLost, good.hardHamLost, 0.02, 'hard ham lost by the third');
    assert.ok(third.spamKept <= good.spamKept);
  });
});
