// Arguments and variables of the environment whose bytes are not UTF-8. The engine has U+FFFD for them; the
// system still knows them.
import { readFileSync } from 'node:fs';
import { bytesOf, type Text, textOf } from '../base/value.ts';

const LOST = '\uFFFD';

/**
 * The last arguments of this process, as they were given; where the system does not tell, as the engine has
 * them.
 */
export function rawArguments(args: readonly string[]): readonly Text[] {
  if (!args.some((arg) => arg.includes(LOST))) return args;
  const raw = textsIn('/proc/self/cmdline').slice(-args.length);
  return args.map((arg, at) => (raw[at] !== undefined && matches(raw[at], arg) ? raw[at] : arg));
}

/** Undefined for one that is not set, or whose bytes nobody knows. */
export function rawVariable(name: string): Text | undefined {
  const value = process.env[name];
  if (value === undefined || !value.includes(LOST)) return value;
  const raw = textsIn('/proc/self/environ').find((each) => latin1(each).startsWith(`${latin1(name)}=`));
  if (raw === undefined) return undefined;
  const text = textOf(bytesOf(raw).subarray(bytesOf(name).length + 1));
  return matches(text, value) ? text : undefined;
}

function textsIn(file: string): readonly Text[] {
  try {
    const parts: Text[] = [];
    const all = readFileSync(file);
    for (let from = 0, end = all.indexOf(0); end >= 0; from = end + 1, end = all.indexOf(0, from))
      parts.push(textOf(Uint8Array.from(all.subarray(from, end))));
    return parts;
  } catch {
    return [];
  }
}

const latin1 = (text: Text): string => Buffer.from(bytesOf(text)).toString('latin1');

/** Whether the engine reads those bytes as that text. */
const matches = (raw: Text, text: string): boolean => Buffer.from(bytesOf(raw)).toString() === text;
