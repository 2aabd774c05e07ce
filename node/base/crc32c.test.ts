import test from 'ava';
import fc from 'fast-check';
import { crc32c } from './crc32c.ts';

const text = (ascii: string) => new TextEncoder().encode(ascii);

/** One bit a step, straight from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('the vectors of RFC 3720, B.4, and the check value of the catalogue', (t) => {
  const count = Uint8Array.from({ length: 32 }, (_, at) => at);
  t.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.is(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.is(crc32c(count), 0x46dd794e);
  t.is(crc32c(count.toReversed()), 0x113fdb5c);
  t.is(crc32c(text('123456789')), 0xe3069283);
  t.is(crc32c(new Uint8Array(0)), 0);
});

test('any length and any cut agree with the definition', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const at = Math.min(cut, bytes.length);
      const whole = crc32c(bytes);
      t.is(whole, slowCrc32c(bytes));
      t.is(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), whole);
      t.is(crc32c(bytes, crc32c(bytes, 0, 0, at), at), whole);
    }),
  );
});
