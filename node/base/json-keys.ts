// Names that an object of JSON has twice. The parser of the platform keeps the last of them and says nothing.
import { codeUnitAt, findIn } from './text-units.ts';

const QUOTE = 0x22;
/** More names than this are looked up in a Set. */
const FEW = 8;

interface Holder {
  /** Of an object: its names so far. */
  readonly names: string[] | undefined;
  more: Set<string> | undefined;
  /** Of a list: how many items came before. */
  index: number;
}

/**
 * Where `json`, which is known to be JSON, gives a name of an object for the second time, as in
 * `$.accounts[1].name`.
 */
export function repeatedName(json: string): string | undefined {
  const holders: Holder[] = [];
  let holder: Holder | undefined;
  let nameNext = false;
  for (let at = 0, end = json.length; at < end; at++) {
    const code = codeUnitAt(json, at);
    if (code === QUOTE) {
      const from = at + 1;
      at = endOfText(json, from);
      if (!nameNext) continue;
      nameNext = false;
      if (!addName(holder!, json.slice(from, at))) return pathOf(holders);
    } else if (code === 0x7b || code === 0x5b) {
      nameNext = code === 0x7b;
      holder = { names: nameNext ? [] : undefined, more: undefined, index: 0 };
      holders.push(holder);
    } else if (code === 0x7d || code === 0x5d) {
      holders.pop();
      holder = holders.at(-1);
      nameNext = false;
    } else if (code === 0x2c && holder !== undefined) {
      nameNext = holder.names !== undefined;
      holder.index++;
    }
  }
  return undefined;
}

/** Where the quote stands that ends the text which begins at `from`. */
function endOfText(json: string, from: number): number {
  let at = findIn(json, '"', from);
  for (let slashes = slashesBefore(json, at); slashes % 2 === 1; slashes = slashesBefore(json, at))
    at = findIn(json, '"', at + 1);
  return at;
}

function slashesBefore(text: string, at: number): number {
  let slashes = 0;
  while (codeUnitAt(text, at - 1 - slashes) === 0x5c) slashes++;
  return slashes;
}

/** False when the object has it already. The newest name is the last one of the list either way. */
function addName(holder: Holder, written: string): boolean {
  const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
  const names = holder.names!;
  const isNew = holder.more === undefined ? !names.includes(name) : !holder.more.has(name);
  names.push(name);
  if (holder.more !== undefined) holder.more.add(name);
  else if (names.length > FEW) holder.more = new Set(names);
  return isNew;
}

const pathOf = (holders: readonly Holder[]): string =>
  `$${holders.map(({ names, index }) => (names === undefined ? `[${index}]` : `.${names.at(-1)}`)).join('')}`;
