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

test('items keep their order when the ring grows, wherever its head is', (t) => {
  for (let before = 0; before < 10; before++) {
    const mailbox = new Mailbox<number>();
    for (let number = 0; number < before; number++) mailbox.push(-1);
    for (let number = 0; number < before; number++) mailbox.shift();
    mailbox.push(1);
    for (let number = 2; number < 40; number++) mailbox.push(number);
    mailbox.unshift(0);
    t.deepEqual(
      mailbox.drain(),
      Array.from({ length: 40 }, (_, number) => number),
    );
  }
});
