// What a mark tells of messages that are older than the newest one.
import test from 'ava';
import fc from 'fast-check';
import { decodeMark, encodeMark, type Mark, outcomeBefore, refusedSince, refusedUpTo } from './mark-row.ts';

const refusal = fc.record({
  ok: fc.constant(false as const),
  code: fc.constantFrom('actor-stopped', 'no-such-actor', 'turn-failed'),
  message: fc.string({ maxLength: 300 }),
});

test('a sequence of messages is told truly from its last mark, whoever was refused', (t) => {
  const endings = fc.array(fc.option(refusal, { nil: undefined }), { minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(endings, fc.nat({ max: 63 }), (ends, known) => {
      let mark: Mark | undefined;
      for (const [at, end] of ends.entries()) {
        const number = at + 1;
        const outcome = end ?? ({ ok: true, sequence: number, reply: null } as const);
        const refused = mark && refusedSince(known, refusedUpTo(mark));
        mark = decodeMark(encodeMark({ number, digest: undefined, outcome, ...(refused && { refused }) }));
      }
      for (const [at, end] of ends.slice(0, -1).entries()) {
        if (at + 1 < known) continue;
        const told = outcomeBefore(at + 1, mark!.refused);
        t.is(told.ok, end === undefined);
        if (!told.ok) t.deepEqual(told, { ...end, message: end!.message.slice(0, 200) } as typeof told);
      }
      const older = mark!.refused?.filter(({ number }) => number < known) ?? [];
      t.deepEqual(older, [], 'what its sender knows of is forgotten');
    }),
    { numRuns: 200 },
  );
});
