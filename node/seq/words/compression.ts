// Compression, as base 64. What comes out depends on nothing but what goes in, and is bounded: a small text
// can unpack to an enormous one.
import type { ZstdOptions } from 'node:zlib';
import { bytesOf, textOf, type Value } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { deferred } from './deferred.ts';
import { decode64, encode64 } from './encodings.ts';
import { int, lengthOf, type Results, text, type WordRow, workOfAll } from './row.ts';
import { checked } from './strings.ts';
import { TEXT_LENGTH_MAX } from './text-length.ts';

const zlib = deferred<typeof import('node:zlib')>('node:zlib');

/** Strong compression takes microseconds a byte. */
const SLOW_LEVEL = 10;
const SLOW_LENGTH_MAX = 1024 * 1024;

/** The level as an Int between the two. */
function levelOf(v: Value, lowest: number, highest: number): number {
  const level = int(v);
  return level < lowest ? lowest : level > highest ? highest : Number(level);
}

const gzip = (v: Value, level: number): Results => [
  checked(encode64(zlib().gzipSync(bytesOf(text(v)), { level }))),
  true,
];

function zstd(v: Value, level: number): Results {
  const bytes = bytesOf(text(v));
  if (level >= SLOW_LEVEL && bytes.length > SLOW_LENGTH_MAX)
    throw new Fault(
      'too-large',
      `A String of more than ${SLOW_LENGTH_MAX} bytes cannot be compressed at levels from ${SLOW_LEVEL} on.`,
    );
  const params = { [zlib().constants.ZSTD_c_compressionLevel]: level };
  return [checked(encode64(zlib().zstdCompressSync(bytes, { params }))), true];
}

/** What is behind the last frame is no part of it: the library would ignore it. */
function unzstd(bytes: Uint8Array, options: ZstdOptions): Uint8Array {
  const { buffer, engine } = zlib().zstdDecompressSync(bytes, { ...options, info: true }) as unknown as {
    readonly buffer: Uint8Array;
    readonly engine: { readonly bytesWritten: number };
  };
  if (engine.bytesWritten !== bytes.length) throw new RangeError('not compressed data to the end');
  return buffer;
}

/**
 * The text and true; "" and false for what is no base 64, damaged, cut off, too large or followed by anything
 * else.
 */
function unpacked(v: Value, unpack: (bytes: Uint8Array, options: ZstdOptions) => Uint8Array): Results {
  try {
    const packed = decode64(codePointsOf(text(v)));
    return [textOf(new Uint8Array(unpack(packed, { maxOutputLength: TEXT_LENGTH_MAX })), true), true];
  } catch (error) {
    if (error instanceof Fault) throw error;
    return ['', false];
  }
}

/** `reductions`: for each byte that goes in, by the level. */
const row = (
  name: string,
  effect: string,
  run: WordRow['run'],
  reductions: (level: number) => number,
): WordRow => ({
  name: `compress.${name}`,
  effect,
  run,
  cost: (v, level) => reductions(Number(level)) * lengthOf(v),
  work: workOfAll,
});

export const compressionWords: readonly WordRow[] = [
  row(
    'gzip',
    '( String -- String Bool )',
    (v) => gzip(v, 6),
    () => 3,
  ),
  row(
    'gzip-level',
    '( String Int -- String Bool )',
    (v, level) => gzip(v, levelOf(level, 1, 9)),
    () => 8,
  ),
  row(
    'gunzip',
    '( String -- String Bool )',
    (v) => unpacked(v, zlib().gunzipSync),
    () => 2,
  ),
  row(
    'zstd',
    '( String -- String Bool )',
    (v) => zstd(v, 3),
    () => 1,
  ),
  row(
    'zstd-level',
    '( String Int -- String Bool )',
    (v, level) => zstd(v, levelOf(level, 1, 22)),
    (level) => (level < SLOW_LEVEL ? 2 : 10),
  ),
  row(
    'unzstd',
    '( String -- String Bool )',
    (v) => unpacked(v, unzstd),
    () => 1,
  ),
];
