import test from 'ava';
import fc from 'fast-check';
import { Mailbox } from './mailbox.ts';

test('a mailbox does what a list does', (t) => {
  const step = fc.oneof(
    fc.nat().map((value) => ['push', value] as const),
    fc.nat().map((value) => ['unshift', value] as const),
    fc.constant(['shift', 0] as const),
    fc.constant(['drain', 0] as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3000 }), (steps) => {
      const mailbox = new Mailbox<number>();
      const list: number[] = [];
      for (const [op, value] of steps) {
        if (op === 'shift') t.is(mailbox.shift(), list.shift());
        else if (op === 'drain') t.deepEqual(mailbox.drain(), list.splice(0));
        else {
          mailbox[op](value);
          list[op](value);
        }
        t.is(mailbox.length, list.length);
      }
      t.deepEqual(mailbox.drain(), list);
    }),
    { numRuns: 50 },
  );
});
