import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FORESEEN_MS, frozenAt } from '../../../approvals/freeze.js';
import { type FreezeWindow, readPolicy } from '../../../approvals/policy.js';
import { zoneClock } from '../../../approvals/zone-clock.js';
import { example } from '../plan/support.js';
import { DAY, MINUTE } from './decided.js';
import { at, aWindow, dates, weekly, weekTime } from './freezes.js';

describe('a freeze', () => {
  const weekend = { deny: [weekly('Fri 16:00', 'Mon 08:00')] };

  it('holds from its first minute to its last, over the end of the week', () => {
    assert.equal(at('2027-01-08T14:59:59.999', weekend), 'open');
    assert.equal(at('2027-01-08T15:00', weekend), '2027-01-11T07:00');
    assert.equal(at('2027-01-10T23:30:12.345', weekend), '2027-01-11T07:00');
    assert.equal(at('2027-01-11T06:59:59.999', weekend), '2027-01-11T07:00');
    assert.equal(at('2027-01-11T07:00', weekend), 'open');
  });

  it('of one date holds once', () => {
    const closing = { deny: [dates('2026-12-18T16:00', '2027-01-04T08:00')] };
    assert.equal(at('2026-12-18T14:59', closing), 'open');
    assert.equal(at('2026-12-31T23:59', closing), '2027-01-04T07:00');
    assert.equal(at('2027-01-04T07:00', closing), 'open');
    assert.equal(at('2027-12-24T12:00', closing), 'open');
  });

  it('follows the clocks of its zone, not those of the worker', () => {
    const noon = [weekly('Wed 12:00', 'Wed 13:00')];
    assert.equal(at('2027-01-06T06:45', { zone: 'Asia/Kathmandu', deny: noon }), '2027-01-06T07:15');
    assert.equal(at('2027-01-06T17:30', { zone: 'America/New_York', deny: noon }), '2027-01-06T18:00');
    assert.equal(at('2027-01-05T23:30', { zone: 'Pacific/Auckland', deny: noon }), '2027-01-06T00:00');
    assert.equal(at('2027-01-06T12:00', { zone: 'Asia/Kathmandu', deny: noon }), 'open');
  });

  it('holds for its tenants only', () => {
    const freezes = [aWindow({ ...weekend, tenants: ['lending', 'search'] })];
    const saturday = Date.UTC(2027, 0, 9);
    assert.equal(frozenAt({ freezes }, 'mail', saturday), null);
    assert.equal(frozenAt({ freezes }, 'search', saturday)?.name, 'calm');
  });

  it('is told by name and reason; of several, the one that lasts longest', () => {
    const short = aWindow({ name: 'short', deny: [weekly('Sat 00:00', 'Sat 12:00')] });
    const long = aWindow({ name: 'long', reason: 'Long.', ...weekend });
    const endless = aWindow({ name: 'endless', deny: [dates('2027-01-01T00:00', '2099-01-01T00:00')] });
    const told = (...freezes: FreezeWindow[]) => frozenAt({ freezes }, 'mail', Date.UTC(2027, 0, 9, 1));
    const untilMs = Date.UTC(2027, 0, 11, 7);
    assert.deepEqual(told(short, long), { name: 'long', reason: 'Long.', untilMs });
    assert.deepEqual(told(long, short), { name: 'long', reason: 'Long.', untilMs });
    assert.equal(told(long, endless, short)?.name, 'endless');
    assert.equal(told(), null);
  });

  it('ends where the last of the spans that touch or overlap ends', () => {
    const chained = [
      weekly('Sat 00:00', 'Sun 00:00'),
      weekly('Sun 00:00', 'Mon 06:00'),
      weekly('Sat 12:00', 'Sat 18:00'),
    ];
    assert.equal(at('2027-01-09T12:00', { deny: chained }), '2027-01-11T05:00');
  });
});

describe('times that are allowed', () => {
  const office = [weekly('Mon 09:00', 'Mon 16:00'), weekly('Wed 09:00', 'Wed 16:00')];

  it('are the only open ones', () => {
    assert.equal(at('2027-01-11T08:00', { allow: office }), 'open');
    assert.equal(at('2027-01-11T15:00', { allow: office }), '2027-01-13T08:00');
    assert.equal(at('2027-01-13T15:00', { allow: office }), '2027-01-18T08:00');
  });

  it('are frozen where a deny holds too', () => {
    const both = { allow: office, deny: [weekly('Mon 10:00', 'Mon 11:00'), weekly('Wed 08:00', 'Wed 17:00')] };
    assert.equal(at('2027-01-11T08:30', both), 'open');
    assert.equal(at('2027-01-11T09:30', both), '2027-01-11T10:00');
    assert.equal(at('2027-01-11T15:00', both), '2027-01-18T08:00');
  });

  it('never come where a deny covers all of them', () => {
    assert.equal(at('2027-01-11T08:30', { allow: office, deny: [weekly('Mon 08:00', 'Wed 16:00')] }), 'frozen');
  });

  it('of one date open nothing after it', () => {
    const once = { allow: [dates('2027-01-11T09:00', '2027-01-11T10:00')] };
    assert.equal(at('2027-01-11T07:59', once), '2027-01-11T08:00');
    assert.equal(at('2027-01-11T08:00', once), 'open');
    assert.equal(at('2027-01-11T09:00', once), 'frozen');
  });
});

describe('a freeze with no end in sight', () => {
  it('says so, and not a date after it', () => {
    const atMs = Date.UTC(2027, 0, 1);
    const until = (to: string) => {
      return frozenAt({ freezes: [aWindow({ zone: 'UTC', deny: [dates('2026-01-01T00:00', to)] })] }, 'mail', atMs);
    };
    const last = new Date(atMs + FORESEEN_MS).toISOString().slice(0, 16);
    assert.equal(until(last)?.untilMs, atMs + FORESEEN_MS);
    assert.equal(until('2028-02-05T00:01')?.untilMs, null);
    assert.equal(
      at('2027-01-01T00:00', { deny: [weekly('Mon 00:00', 'Thu 00:00'), weekly('Thu 00:00', 'Mon 00:00')] }),
      'frozen',
    );
  });

  it('is found quickly, however many spans there are', () => {
    const hours = Array.from({ length: 100 }, (_, index) => {
      const begins = Math.floor((index * 10_080) / 100);
      const ends = Math.floor(((index + 1) * 10_080) / 100) % 10_080;
      const time = (minute: number) => ({ weekday: Math.floor(minute / 1440) + 1, minute: minute % 1440 });
      return { kind: 'weekly' as const, from: time(begins), to: time(ends) };
    });
    const began = performance.now();
    assert.equal(at('2027-01-06T12:00', { deny: hours, allow: hours }), 'frozen');
    assert.ok(performance.now() - began < 5_000);
  });
});

describe('any freeze', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Kathmandu',
  ];
  const time = fc.record({ weekday: fc.integer({ min: 1, max: 7 }), minute: fc.integer({ min: 0, max: 1439 }) });
  const span = fc
    .record({ kind: fc.constant('weekly' as const), from: time, to: time })
    .filter(({ from, to }) => from.weekday !== to.weekday || from.minute !== to.minute);
  const some = fc.record({
    zone: fc.constantFrom(...zones),
    deny: fc.array(span, { maxLength: 3 }),
    allow: fc.array(span, { maxLength: 3 }),
  });
  const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) });

  it('opens at the minute it tells, and not a minute earlier', () => {
    fc.assert(
      fc.property(some, moment, (change, atMs) => {
        const freezes = [aWindow(change)];
        const frozen = frozenAt({ freezes }, 'mail', atMs);
        if (!frozen || frozen.untilMs === null) return;
        assert.equal(frozen.untilMs % MINUTE, 0);
        assert.equal(frozenAt({ freezes }, 'mail', frozen.untilMs), null);
        const before = Math.max(atMs, frozen.untilMs - 1);
        assert.equal(frozenAt({ freezes }, 'mail', before)?.untilMs, frozen.untilMs);
      }),
      { numRuns: 150 },
    );
  });

  it('is what the clocks of its zone show, on days without a change of them', () => {
    fc.assert(
      fc.property(some, moment, (change, atMs) => {
        if (isNearChange(change.zone, atMs)) return;
        const shown = new Intl.DateTimeFormat('en-GB', {
          timeZone: change.zone,
          weekday: 'short',
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
        }).format(atMs);
        const { weekday, minute } = weekTime(shown);
        const now = (weekday - 1) * 1440 + minute;
        const covers = ({ from, to }: (typeof change.deny)[number]): boolean => {
          const [begins, ends] = [from, to].map((each) => (each.weekday - 1) * 1440 + each.minute) as [number, number];
          return begins < ends ? begins <= now && now < ends : now >= begins || now < ends;
        };
        const isOpen = !change.deny.some(covers) && (change.allow.length === 0 || change.allow.some(covers));
        assert.equal(frozenAt({ freezes: [aWindow(change)] }, 'mail', atMs) === null, isOpen);
      }),
      { numRuns: 300 },
    );
  });
});

/** Whether the zone's clocks are set within a day. */
function isNearChange(zone: string, atMs: number): boolean {
  const clock = zoneClock(zone);
  const offset = (near: number): number => clock.wallOf(near) - near;
  return offset(atMs - DAY) !== offset(atMs + DAY);
}

describe('the freezes of the example of a signed policy', () => {
  const reading = readPolicy(example('policy-signed.yaml'), 'policy-signed.yaml');
  assert.ok(reading.kind === 'policy');
  const held = (tenant: string, utc: string) => frozenAt(reading.policy, tenant, Date.parse(`${utc}Z`))?.name ?? null;

  it('hold at weekends, at the end of the year, and outside the hours of lending', () => {
    assert.equal(held('mail', '2027-01-13T12:00'), null);
    assert.equal(held('mail', '2027-01-16T12:00'), 'weekend');
    assert.equal(held('mail', '2026-12-24T12:00'), 'year-end');
    assert.equal(held('lending', '2027-01-13T12:00'), 'lending-hours');
    assert.equal(held('lending', '2027-01-13T16:00'), null);
  });
});
