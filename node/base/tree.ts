// Reading of decoded MessagePack trees whose maker is not trusted: each function returns the value in its
// type or throws `bad-request`.
import { SeqNodeError } from './errors.ts';
import { unpack } from './pack.ts';

/** Throws `bad-request` for bytes that are not exactly one MessagePack value of moderate nesting. */
export function decodeTree(bytes: Uint8Array): unknown {
  return unpack(bytes, (reason) => new SeqNodeError('bad-request', `The frame is malformed: ${reason}.`));
}

export function malformed(wanted: string): SeqNodeError {
  return new SeqNodeError('bad-request', `The frame is malformed: ${wanted} was expected.`);
}

export function list(value: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) throw malformed('a list');
  return value;
}

export function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed('a count');
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw malformed('a text');
  return value;
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw malformed('true or false');
  return value;
}

/** Shares memory with the frame: for what is decoded at once. */
export function bytesView(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw malformed('a byte string');
  return value;
}

/** A copy, because frames share memory with the network's buffers. */
export function bytesCopy(value: unknown): Uint8Array {
  return bytesView(value).slice();
}

export function orNull<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw malformed('a map');
  return value as Record<string, unknown>;
}
