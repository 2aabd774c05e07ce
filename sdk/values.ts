// Values of Seq as values of JavaScript.
//
//   Int      number; bigint beyond ±(2^53 - 1), or always where a client was made so
//   Float    number; to send one without a fraction: float(3)
//   Bool     boolean
//   String   string; Uint8Array when it is not valid UTF-8
//   Symbol   symbol('name'), which is { $sym: 'name' }
//   List     array
//   Variant  { Deposit: [100] } or, to an actor that declares its messages, { Deposit: { amount: 100 } }
//   Map      any other object; a JavaScript Map when a key is no string, or it would read as something else
//
// On the wire they are JSON as docs/OPERATIONS.md describes it.

export type Value =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | { readonly [key: string]: Value };

/** A Float that has no fraction, which would otherwise be an Int. */
export const float = (value: number): { readonly $float: number | string } => ({
  $float: Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value),
});

export const symbol = (name: string): { readonly $sym: string } => ({ $sym: name });

/** What `float` and `symbol` make stands on the wire as it is. */
const MARKS: ReadonlySet<string> = new Set(['$float', '$sym']);

/** What JSON.stringify takes. Throws TypeError for what is no value of Seq, with the place. */
export function toWire(value: unknown, place = 'the message'): unknown {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      if (!value.isWellFormed()) throw new TypeError(`${place} holds half of a surrogate pair`);
      return value;
    case 'bigint':
      return { $int: String(value) };
    case 'number':
      if (!Number.isInteger(value)) return Number.isFinite(value) ? value : float(value);
      if (Object.is(value, -0)) return 0;
      if (!Number.isSafeInteger(value))
        throw new TypeError(`${place} is ${value}, which is not exact: use a bigint, or float(${value})`);
      return value;
    case 'object':
      if (value !== null) return objectToWire(value, place);
  }
  throw new TypeError(`${place} is ${value === null ? 'null' : typeof value}, which is no value of Seq`);
}

function objectToWire(value: object, place: string): unknown {
  if (Array.isArray(value)) return value.map((item, at) => toWire(item, `${place}[${at}]`));
  if (value instanceof Uint8Array) return { $bytes: hexOf(value) };
  if (value instanceof Map)
    return {
      $map: [...value].map(([key, of]) => [
        toWire(key, `a key of ${place}`),
        toWire(of, `${place} at a key`),
      ]),
    };
  const entries = Object.entries(value);
  if (entries.length === 1 && MARKS.has(entries[0]![0])) return value;
  const wire: Record<string, unknown> = {};
  for (const [key, of] of entries) if (of !== undefined) put(wire, key, toWire(of, `${place}.${key}`));
  return wire;
}

/** `bigints`: every Int is a bigint. */
export function fromWire(json: unknown, bigints: boolean): Value {
  if (typeof json === 'number') return bigints && Number.isInteger(json) ? BigInt(json) : json;
  if (typeof json !== 'object' || json === null) return json as Value;
  if (Array.isArray(json)) return json.map((item) => fromWire(item, bigints));
  const entries = Object.entries(json);
  if (entries.length === 1) {
    const [name, of] = entries[0]!;
    if (name === '$int') return BigInt(of as string);
    if (name === '$float') return Number(of);
    if (name === '$bytes') return bytesOf(of as string);
    if (name === '$sym') return json as Value;
    if (name === '$map')
      return new Map(
        (of as [unknown, unknown][]).map(([k, v]) => [fromWire(k, bigints), fromWire(v, bigints)]),
      );
  }
  const value: Record<string, Value> = {};
  for (const [key, of] of entries) put(value, key, fromWire(of, bigints));
  return value;
}

/** An own property, whatever its name: `__proto__` is a key like any other. */
function put<V>(object: Record<string, V>, key: string, value: V): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
