import test from 'ava';
import fc from 'fast-check';
import { Batches, type Feed, type Handed } from './batches.ts';

const RECORD = new Uint8Array(10);
const event = (at: number): Handed => ({
  kind: 'event',
  path: `/user/a${at % 3}`,
  sequence: at,
  record: RECORD,
});

/** Hands out what it is given; `later` says before which it lets some time go by. */
function feedOf(handed: readonly Handed[], later: (at: number) => boolean) {
  let at = 0;
  let calls = 0;
  let cursor = '';
  let open = 0;
  const feed: Feed = {
    next: (done) => {
      calls++;
      open++;
      const what = handed[at];
      if (what === undefined) return;
      const give = () => {
        open--;
        at++;
        if (what.kind !== 'failed') cursor = what.kind === 'event' ? String(what.sequence) : 'end';
        done(what);
      };
      if (later(at)) setImmediate(give);
      else give();
    },
    cursor: () => cursor,
    close: () => {},
  };
  return { feed, calls: () => calls, open: () => open };
}

test('everything is in a batch once and in order, whenever the feed hands it out', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(60), fc.integer({ min: 1, max: 7 }), async (count, every) => {
      const handed = Array.from({ length: count }, (_, at) => event(at + 1));
      const { feed, open } = feedOf([...handed, { kind: 'caught-up' }], (at) => at % every === 0);
      const batches = new Batches(feed);
      const seen: number[] = [];
      for (let cursor = ''; cursor !== 'end'; ) {
        const batch = (await batches.next())!;
        seen.push(...batch.rows.map(({ sequence }) => sequence));
        if (batch.cursor !== 'end') t.is(batch.cursor, String(seen.at(-1)));
        cursor = batch.cursor;
        t.true(open() <= 1);
      }
      t.deepEqual(
        seen,
        handed.map((_, at) => at + 1),
      );
      batches.close();
    }),
    { numRuns: 15 },
  );
});

test('no more is taken than one batch holds, until that is asked for', async (t) => {
  const handed = Array.from({ length: 10_000 }, (_, at) => event(at + 1));
  const { feed, calls } = feedOf(handed, () => false);
  const batches = new Batches(feed);
  const { rows, caughtUp } = (await batches.next())!;
  t.is(rows.length, 2000);
  t.false(caughtUp);
  t.is(calls(), 2000);
});

test('what came before the feed failed is given, and then its failure', async (t) => {
  const failed = { kind: 'failed', code: 'no-quorum', message: 'nobody answers' } as const;
  const batches = new Batches(feedOf([event(1), failed], () => true).feed);
  t.is((await batches.next())!.cursor, '1');
  await t.throwsAsync(batches.next(), { message: /nobody answers/ });
});

test('closing ends who waits', async (t) => {
  const batches = new Batches(feedOf([], () => false).feed);
  const waiting = batches.next();
  batches.close();
  t.is(await waiting, undefined);
});
