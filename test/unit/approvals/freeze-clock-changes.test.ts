import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readPolicy } from '../../../approvals/policy.js';
import { example } from '../plan/support.js';
import { at, dates, weekly } from './freezes.js';

describe('clocks that are set forward', () => {
  it('make a freeze over the gap an hour shorter, and the next one end at the same time of day', () => {
    const night = { deny: [weekly('Sun 01:00', 'Sun 06:00')] };
    assert.equal(at('2027-03-28T00:00', night), '2027-03-28T04:00');
    assert.equal(at('2027-03-21T00:00', night), '2027-03-21T05:00');
    assert.equal(at('2027-04-03T23:00', night), '2027-04-04T04:00');
  });

  it('begin and end in the gap what was to begin or end there', () => {
    assert.equal(at('2027-03-28T00:59:59', { deny: [weekly('Sun 02:30', 'Sun 04:00')] }), 'open');
    assert.equal(at('2027-03-28T01:00', { deny: [weekly('Sun 02:30', 'Sun 04:00')] }), '2027-03-28T02:00');
    assert.equal(at('2027-03-28T00:30', { deny: [weekly('Sun 01:00', 'Sun 02:30')] }), '2027-03-28T01:00');
    assert.equal(at('2027-03-28T01:00', { deny: [weekly('Sun 01:00', 'Sun 02:30')] }), 'open');
  });

  it('leave out a time that does not exist, whether denied or allowed', () => {
    for (const utc of ['2027-03-28T00:59', '2027-03-28T01:00']) {
      assert.equal(at(utc, { deny: [dates('2027-03-28T02:10', '2027-03-28T02:50')] }), 'open');
      assert.equal(at(utc, { allow: [dates('2027-03-28T02:10', '2027-03-28T02:50')] }), 'frozen');
    }
  });

  it('past a whole day end a freeze of that day before it begins', () => {
    const skipped = { zone: 'Pacific/Apia', deny: [dates('2011-12-30T00:00', '2011-12-31T00:00')] };
    assert.equal(at('2011-12-30T09:59', skipped), 'open');
    assert.equal(at('2011-12-30T10:00', skipped), 'open');
    const over = { zone: 'Pacific/Apia', deny: [dates('2011-12-29T12:00', '2011-12-31T12:00')] };
    assert.equal(at('2011-12-30T09:59', over), '2011-12-30T22:00');
  });
});

describe('clocks that are set back', () => {
  it('keep the hour they repeat frozen, both times and in between', () => {
    const early = { deny: [weekly('Sun 01:00', 'Sun 02:30')] };
    for (const utc of ['2027-10-31T00:00', '2027-10-31T00:45', '2027-10-31T01:29']) {
      assert.equal(at(utc, early), '2027-10-31T01:30', utc);
    }
    assert.equal(at('2027-10-31T01:30', early), 'open');
    const late = { deny: [weekly('Sun 02:30', 'Sun 04:00')] };
    assert.equal(at('2027-10-31T00:29', late), 'open');
    assert.equal(at('2027-10-31T00:30', late), '2027-10-31T03:00');
    assert.equal(at('2027-10-31T01:15', late), '2027-10-31T03:00');
    assert.equal(at('2027-10-31T00:30', { deny: [weekly('Sun 01:00', 'Sun 02:00')] }), '2027-10-31T01:00');
    assert.equal(at('2027-10-31T01:30', { deny: [weekly('Sun 03:00', 'Sun 04:00')] }), 'open');
  });

  it('open an allowed time that begins or ends in the hour they repeat at neither doubtful place', () => {
    const early = { allow: [weekly('Sun 01:00', 'Sun 02:30')] };
    assert.equal(at('2027-10-31T00:29', early), 'open');
    assert.equal(at('2027-10-31T01:15', early), '2027-11-07T00:00');
    const late = { allow: [weekly('Sun 02:30', 'Sun 04:00')] };
    assert.equal(at('2027-10-31T00:45', late), '2027-10-31T01:30');
    assert.equal(at('2027-10-31T01:30', late), 'open');
  });

  it('by half an hour are followed too', () => {
    const island = { zone: 'Australia/Lord_Howe', deny: [weekly('Sun 01:45', 'Sun 03:00')] };
    assert.equal(at('2027-04-03T14:44', island), 'open');
    assert.equal(at('2027-04-03T14:45', island), '2027-04-03T16:30');
  });
});

describe('29 February', () => {
  it('is a day of its own in leap years', () => {
    const leap = { deny: [dates('2028-02-29T00:00', '2028-03-01T00:00')] };
    assert.equal(at('2028-02-28T22:59', leap), 'open');
    assert.equal(at('2028-02-28T23:00', leap), '2028-02-29T23:00');
    assert.equal(at('2028-02-29T23:00', leap), 'open');
    assert.equal(at('2028-02-29T12:00', { deny: [weekly('Tue 00:00', 'Wed 00:00')] }), '2028-02-29T23:00');
  });

  it('is refused in other years when the policy is read', () => {
    const span = (from: string, to: string) => `freezes:
  - { name: leap, zone: Europe/Berlin, reason: Leap., deny: [{ from: ${from}, to: ${to} }] }\n`;
    const reading = (text: string) => readPolicy(`${example('policy.yaml')}${text}`, 'policy.yaml').kind;
    assert.equal(reading(span('2028-02-29 00:00', '2028-03-01 00:00')), 'policy');
    assert.equal(reading(span('2027-02-29 00:00', '2027-03-01 00:00')), 'problems');
  });
});
