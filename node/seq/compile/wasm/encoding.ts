// The binary format of WebAssembly (core specification 3.0, chapter 5): instructions, numbers and sections as
// bytes.
import type { LineOrigin } from '../code.ts';

/**
 * What a value of a numeric word is. An Int is an i64 that holds twice its value, so that 63 bits wrap around
 * by themselves.
 */
export type NumberType = 'int' | 'float' | 'bool';

/** Instructions that leave values, or do something. */
export type Code = readonly number[];

export const VALUE_TYPES: Readonly<Record<NumberType, number>> = { int: 0x7e, float: 0x7c, bool: 0x7f };
export const I64_TYPE = 0x7e;
export const F64_TYPE = 0x7c;
export const I32_TYPE = 0x7f;
/** A block that leaves nothing. */
const EMPTY_BLOCK = 0x40;

export const UNREACHABLE: Code = [0x00];
export const LOOP: Code = [0x03, EMPTY_BLOCK];
export const IF: Code = [0x04, EMPTY_BLOCK];
export const ELSE: Code = [0x05];
export const END: Code = [0x0b];
export const RETURN: Code = [0x0f];
export const SELECT: Code = [0x1b];

export const branch = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const call = (index: number): Code => [0x10, ...unsigned(index)];
export const returnCall = (index: number): Code => [0x12, ...unsigned(index)];
export const localGet = (index: number): Code => [0x20, ...unsigned(index)];
export const localSet = (index: number): Code => [0x21, ...unsigned(index)];
export const storeF64 = (offset: number): Code => [0x39, 3, ...unsigned(offset)];
export const storeI64 = (offset: number): Code => [0x37, 3, ...unsigned(offset)];
export const i32Const = (value: number): Code => [0x41, ...signed(BigInt(value))];
export const i64Const = (value: bigint): Code => [0x42, ...signed(value)];

export function f64Const(value: number): Code {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return [0x44, ...bytes];
}

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn);
    if (rest >= -64n && rest < 64n) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

export const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
export const name = (text: string): number[] => {
  const bytes = new TextEncoder().encode(text);
  return [...unsigned(bytes.length), ...bytes];
};
export const section = (id: number, content: Code): number[] => [id, ...unsigned(content.length), ...content];
export const functionType = (parameters: Code, results: Code): number[] => [
  0x60,
  ...unsigned(parameters.length),
  ...parameters,
  ...unsigned(results.length),
  ...results,
];

/**
 * Instructions, some of which know the place in the program that they stand for: those that a trace can name.
 */
export class Instructions {
  readonly bytes: number[] = [];
  readonly origins: { readonly offset: number; readonly origin: LineOrigin }[] = [];

  add(...codes: readonly Code[]): void {
    for (const code of codes) for (const byte of code) this.bytes.push(byte);
  }

  /** A call, which stands for that place. */
  addCall(code: Code, origin: LineOrigin): void {
    this.origins.push({ offset: this.bytes.length, origin });
    this.add(code);
  }

  append(other: Instructions): void {
    for (const { offset, origin } of other.origins)
      this.origins.push({ offset: this.bytes.length + offset, origin });
    this.add(other.bytes);
  }
}
