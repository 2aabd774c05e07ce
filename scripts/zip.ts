// Files to a zip archive (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16), deflated, without dates
// or owners: the same files give the same archive.
import { crc32, deflateRawSync } from 'node:zlib';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** The first of January 1980, the earliest that a zip archive knows. */
const DATE = 0x0021;

export function zip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const nameBytes = Buffer.from(name);
    const packed = deflateRawSync(bytes, { level: 9 });
    const common = commonFields(bytes, packed, nameBytes);
    const local = Buffer.concat([uint32(LOCAL), common, nameBytes]);
    directory.push(
      Buffer.concat([
        uint32(CENTRAL),
        uint16(VERSION),
        common,
        // No comment, one disk, no attributes.
        Buffer.alloc(10),
        uint32(offset),
        nameBytes,
      ]),
    );
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = [
    uint32(END),
    Buffer.alloc(4),
    uint16(files.size),
    uint16(files.size),
    uint32(size),
    uint32(offset),
  ];
  return Buffer.concat([...parts, ...directory, ...end, uint16(0)]);
}

/**
 * What stands both before a file and in the directory: from the version that is needed to the length of the
 * extra field.
 */
function commonFields(bytes: Uint8Array, packed: Buffer, name: Buffer): Buffer {
  const flags = [VERSION, UTF8_NAMES, DEFLATED, 0, DATE].map(uint16);
  const sizes = [crc32(bytes), packed.length, bytes.length].map(uint32);
  return Buffer.concat([...flags, ...sizes, uint16(name.length), uint16(0)]);
}

function uint16(n: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(n);
  return buffer;
}

function uint32(n: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(n >>> 0);
  return buffer;
}
