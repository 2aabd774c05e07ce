// Messages between the store and its worker thread, packed into one transferred buffer: copying a view to
// another thread would copy the whole buffer behind it.
import { invariant } from '../../base/assert.ts';
import { groupId } from '../../base/ids.ts';
import { copyInto } from '../../base/small-bytes.ts';
import { GroupKeys } from '../keys.ts';
import type { ScanRange, ScanResult, StoreOp, ViewId } from '../store-port.ts';
import type { FaultCode } from './store-faults.ts';

export type Request =
  | { readonly kind: 'write'; readonly id: number; readonly sync: boolean; readonly ops: readonly StoreOp[] }
  | { readonly kind: 'get'; readonly id: number; readonly keys: readonly Uint8Array[] }
  | { readonly kind: 'scan'; readonly id: number; readonly range: ScanRange; readonly view: ViewId | null }
  | { readonly kind: 'open-view' | 'close-view'; readonly id: number; readonly view: ViewId }
  | { readonly kind: 'flush' | 'close'; readonly id: number };

export type Reply =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'values'; readonly id: number; readonly values: readonly (Uint8Array | undefined)[] }
  | { readonly kind: 'scanned'; readonly id: number; readonly found: ScanResult }
  | { readonly kind: 'fault'; readonly id: number; readonly code: FaultCode; readonly message: string };

const REQUESTS: readonly Request['kind'][] = [
  'write',
  'get',
  'scan',
  'open-view',
  'close-view',
  'flush',
  'close',
];
const REPLIES: readonly Reply['kind'][] = ['done', 'values', 'scanned', 'fault'];
const OPS: readonly StoreOp['kind'][] = ['put', 'delete', 'delete-range', 'sequence', 'mutations'];
const ABSENT = 0xffff_ffff;
const FIRST_BYTES = 1024;
const NO_INDEX = 0;

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** `bytes`: about how long the result will be. */
export function packRequests(requests: readonly Request[], bytes = FIRST_BYTES): ArrayBuffer {
  const pack = new Packer(bytes);
  for (const request of requests) {
    pack.byte(REQUESTS.indexOf(request.kind));
    pack.number(request.id);
    if (request.kind === 'write') packWrite(pack, request);
    else if (request.kind === 'get') pack.list(request.keys, (key) => pack.bytes(key));
    else if (request.kind === 'scan') packScan(pack, request);
    else if (request.kind === 'open-view' || request.kind === 'close-view') pack.number(request.view);
  }
  return pack.done();
}

function packWrite(pack: Packer, { sync, ops }: Extract<Request, { kind: 'write' }>) {
  pack.byte(sync ? 1 : 0);
  pack.list(ops, (op) => {
    pack.byte(OPS.indexOf(op.kind));
    if (op.kind === 'mutations') {
      pack.number(op.keys.group);
      pack.number(op.keys.generation);
      pack.bytes(op.mutations);
      pack.number(op.index ?? NO_INDEX);
      return;
    }
    pack.bytes(op.kind === 'delete-range' ? op.from : op.key);
    if (op.kind === 'put') pack.bytes(op.value);
    else if (op.kind === 'delete-range') pack.bytes(op.to);
    else if (op.kind === 'sequence') {
      pack.number(op.was);
      pack.number(op.now);
    }
  });
}

function packScan(pack: Packer, { range, view }: Extract<Request, { kind: 'scan' }>) {
  pack.bytes(range.from);
  pack.bytes(range.to);
  pack.number(range.limit);
  pack.number(view ?? 0);
}

/** Byte fields of the result are views of `buffer`. */
export function unpackRequests(buffer: ArrayBuffer): Request[] {
  const unpack = new Unpacker(buffer);
  const requests: Request[] = [];
  while (unpack.hasMore) {
    const kind = REQUESTS[unpack.byte()] as Request['kind'];
    const id = unpack.number();
    if (kind === 'write') requests.push(unpackWrite(unpack, id));
    else if (kind === 'get') requests.push({ kind, id, keys: unpack.list(() => unpack.bytes()) });
    else if (kind === 'scan') requests.push(unpackScan(unpack, id));
    else if (kind === 'open-view' || kind === 'close-view')
      requests.push({ kind, id, view: unpack.number() });
    else requests.push({ kind, id });
  }
  return requests;
}

function unpackWrite(unpack: Unpacker, id: number): Request {
  const sync = unpack.byte() === 1;
  const ops = unpack.list((): StoreOp => {
    const kind = OPS[unpack.byte()] as StoreOp['kind'];
    if (kind === 'mutations') {
      const keys = new GroupKeys(groupId(unpack.number()), unpack.number());
      const mutations = unpack.bytes();
      const index = unpack.number();
      return index === NO_INDEX ? { kind, keys, mutations } : { kind, keys, mutations, index };
    }
    const key = unpack.bytes();
    if (kind === 'put') return { kind, key, value: unpack.bytes() };
    if (kind === 'delete') return { kind, key };
    if (kind === 'delete-range') return { kind, from: key, to: unpack.bytes() };
    return { kind, key, was: unpack.number(), now: unpack.number() };
  });
  return { kind: 'write', id, sync, ops };
}

function unpackScan(unpack: Unpacker, id: number): Request {
  const from = unpack.bytes();
  const to = unpack.bytes();
  const limit = unpack.number();
  const view = unpack.number();
  return { kind: 'scan', id, range: { from, to, limit }, view: view === 0 ? null : view };
}

export function packReplies(replies: readonly Reply[]): ArrayBuffer {
  const pack = new Packer(FIRST_BYTES);
  for (const reply of replies) {
    pack.byte(REPLIES.indexOf(reply.kind));
    pack.number(reply.id);
    if (reply.kind === 'values') pack.list(reply.values, (value) => pack.bytes(value));
    else if (reply.kind === 'scanned') {
      const { found } = reply;
      pack.bytes('rest' in found ? undefined : found.next);
      pack.list('rest' in found ? found.rest : found.part, ([key, value]) => {
        pack.bytes(key);
        pack.bytes(value);
      });
    } else if (reply.kind === 'fault') {
      pack.bytes(utf8.encode(reply.code));
      pack.bytes(utf8.encode(reply.message));
    }
  }
  return pack.done();
}

/** Byte fields of the result are views of `buffer`. */
export function unpackReplies(buffer: ArrayBuffer): Reply[] {
  const unpack = new Unpacker(buffer);
  const replies: Reply[] = [];
  while (unpack.hasMore) {
    const kind = REPLIES[unpack.byte()] as Reply['kind'];
    const id = unpack.number();
    if (kind === 'done') replies.push({ kind, id });
    else if (kind === 'values') replies.push({ kind, id, values: unpack.list(() => unpack.optionalBytes()) });
    else if (kind === 'scanned') {
      const next = unpack.optionalBytes();
      const entries = unpack.list(() => [unpack.bytes(), unpack.bytes()] as const);
      replies.push({ kind, id, found: next === undefined ? { rest: entries } : { part: entries, next } });
    } else {
      const code = text.decode(unpack.bytes()) as FaultCode;
      replies.push({ kind, id, code, message: text.decode(unpack.bytes()) });
    }
  }
  return replies;
}

class Packer {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  byte(value: number) {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** A safe integer; a double holds it exactly. */
  number(value: number) {
    this.#room(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  bytes(value: Uint8Array | undefined) {
    this.#room(4 + (value?.length ?? 0));
    this.#view.setUint32(this.#at, value?.length ?? ABSENT);
    this.#at += 4;
    if (value === undefined) return;
    copyInto(this.#bytes, this.#at, value, 0, value.length);
    this.#at += value.length;
  }

  list<T>(items: readonly T[], each: (item: T) => void) {
    this.number(items.length);
    for (const item of items) each(item);
  }

  done(): ArrayBuffer {
    return this.#bytes.buffer.transfer(this.#at);
  }

  #room(bytes: number) {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

class Unpacker {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.#at++] as number;
  }

  number(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8);
  }

  bytes(): Uint8Array {
    const bytes = this.optionalBytes();
    invariant(bytes, 'a message of the store lacks a field');
    return bytes;
  }

  optionalBytes(): Uint8Array | undefined {
    const length = this.#view.getUint32(this.#at);
    this.#at += 4;
    if (length === ABSENT) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  list<T>(each: () => T): T[] {
    return Array.from({ length: this.number() }, each);
  }
}
