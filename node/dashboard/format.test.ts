import test from 'ava';
import fc from 'fast-check';
import { toJson } from '../base/json.ts';
import { formatNotation, parseNotation } from '../base/notation.ts';
import { type Data, Float, List, SeqMap, sym, Variant } from '../base/value.ts';
import type { Json } from './app/api-types.d.ts';
import {
  actorAddress,
  actorLink,
  bytes,
  clock,
  count,
  duration,
  moment,
  notation,
  plural,
} from './app/format.js';
import { readRoute } from './app/route.js';

test('numbers, sizes and times are short', (t) => {
  t.is(count(1234567.89), '1,234,567.9');
  t.is(plural(1, 'shard'), '1 shard');
  t.is(plural(2, 'child', 'children'), '2 children');
  t.is(bytes(900), '900 B');
  t.is(bytes(1536), '1.5 KiB');
  t.is(bytes(200 * 1024 * 1024), '200 MiB');
  t.is(duration(0), '0 ms');
  t.is(duration(0.256), '0.26 ms');
  t.is(duration(12.345), '12.3 ms');
  t.is(duration(3210), '3.2 s');
  t.is(duration(65_000), '1 min 5 s');
  t.is(duration(3_600_000), '1 h');
  t.is(duration(90_061_000), '1 d 1 h');
  t.is(moment(1000, 1500), 'now');
  t.is(moment(1000, 4000), '3 s ago');
  t.is(moment(121_000, 1000), 'in 2 min');
});

test('a time of another day has its date', (t) => {
  const noon = new Date(2026, 10, 30, 12, 5, 6, 7).getTime();
  t.is(clock(noon, noon + 1000), '12:05:06.007');
  t.is(clock(noon, noon + 86_400_000), '2026-11-30 12:05:06.007');
});

const simple = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger().map((n) => n + 0),
    fc.boolean(),
    fc.double().map((n) => new Float(n)),
    fc.stringMatching(/^[ -~]{0,10}$/),
    fc.stringMatching(/^[a-z][a-z-]{0,8}$/).map(sym),
    fc.array(tie('data'), { maxLength: 4 }).map((items) => List.of(items)),
    fc
      .tuple(fc.stringMatching(/^[A-Z][a-z]{0,8}$/), fc.array(tie('data'), { maxLength: 3 }))
      .map(([tag, fields]) => new Variant(tag, fields)),
    fc
      .array(fc.tuple(fc.oneof(fc.stringMatching(/^[!-~]{0,6}$/), fc.nat(), fc.boolean()), tie('data')), {
        maxLength: 4,
      })
      .map((entries) => entries.reduce((map, [key, value]) => map.set(key, value), SeqMap.from<Data>([]))),
  ),
})).data;

test('a value reads in the notation of the command line', (t) => {
  fc.assert(
    fc.property(simple, (data) => {
      t.is(notation(toJson(data) as Json), formatNotation(data));
      t.deepEqual(toJson(parseNotation(notation(toJson(data) as Json))), toJson(data));
    }),
    { numRuns: 200 },
  );
  t.is(notation({ $int: '4611686018427387903' }), '4611686018427387903');
  t.is(notation('a long text', 6), '"a lo…');
});

test('actors have an address, whatever their names', (t) => {
  t.is(actorAddress('/user/accounts/a b'), '/v1/actors/user/accounts/a%20b');
  t.is(actorAddress('/user/accounts/ask'), '/v1/actors/user/accounts/%61sk');
  t.is(actorAddress('/user/ask', 'journal'), '/v1/actors/user/%61sk/journal');
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[!-.0-~]{1,8}$/), { minLength: 1, maxLength: 4 }),
      (segments) => {
        const path = `/${segments.join('/')}`;
        t.deepEqual(readRoute(`${actorLink(path)}?view=why`), { page: 'actor', path, view: 'why' });
        t.is(decodeURIComponent(actorAddress(path)), `/v1/actors${path}`);
      },
    ),
  );
});

test('each page has its address', (t) => {
  t.deepEqual(readRoute(''), { page: 'cluster' });
  t.deepEqual(readRoute('#/'), { page: 'cluster' });
  t.deepEqual(readRoute('#/actors?prefix=%2Fuser%2F'), { page: 'actors', prefix: '/user/' });
  t.deepEqual(readRoute('#/dead-letters'), { page: 'letters' });
  t.deepEqual(readRoute('#/queue/e%2Fmails'), { page: 'queue', name: 'e/mails' });
  t.deepEqual(readRoute('#/rates'), { page: 'rates' });
  t.deepEqual(readRoute('#/actor/%E0%A4%A'), { page: 'unknown' });
  t.deepEqual(readRoute('#/else'), { page: 'unknown' });
});
