// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4), sixteen bytes a step (M.
// Kounavis and F. Berry, "Novel table lookup-based algorithms for high-performance CRC generation", 2008).

const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/** Entry [slice * 256 + byte]: the effect of `byte` standing `slice` bytes before the end of a step. */
const tables = buildTables();

function buildTables(): Int32Array {
  const built = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    built[byte] = crc;
  }
  for (let at = 256; at < built.length; at++) {
    const before = built[at - 256] as number;
    built[at] = (before >>> 8) ^ (built[before & 0xff] as number);
  }
  return built;
}

/**
 * The CRC-32C of `bytes[from, to)` as an unsigned 32-bit number. `seed` is the CRC of what went before, so
 * that `crc32c(b, crc32c(a))` is the CRC of a followed by b.
 */
export function crc32c(bytes: Uint8Array, seed = 0, from = 0, to = bytes.length): number {
  const t = tables;
  let crc = ~seed;
  let at = from;
  for (const last = to - SLICES; at <= last; at += SLICES) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t[0xf00 | (crc & 0xff)] as number) ^
      (t[0xe00 | ((crc >>> 8) & 0xff)] as number) ^
      (t[0xd00 | ((crc >>> 16) & 0xff)] as number) ^
      (t[0xc00 | (crc >>> 24)] as number) ^
      (t[0xb00 | (bytes[at + 4] as number)] as number) ^
      (t[0xa00 | (bytes[at + 5] as number)] as number) ^
      (t[0x900 | (bytes[at + 6] as number)] as number) ^
      (t[0x800 | (bytes[at + 7] as number)] as number) ^
      (t[0x700 | (bytes[at + 8] as number)] as number) ^
      (t[0x600 | (bytes[at + 9] as number)] as number) ^
      (t[0x500 | (bytes[at + 10] as number)] as number) ^
      (t[0x400 | (bytes[at + 11] as number)] as number) ^
      (t[0x300 | (bytes[at + 12] as number)] as number) ^
      (t[0x200 | (bytes[at + 13] as number)] as number) ^
      (t[0x100 | (bytes[at + 14] as number)] as number) ^
      (t[bytes[at + 15] as number] as number);
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
