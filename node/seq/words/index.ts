// The words that take data and give data, without quotations, strands or a host.
import { compressionWords } from './compression.ts';
import { conversionWords } from './conversions.ts';
import { cryptoWords } from './crypto.ts';
import { encodingWords } from './encodings.ts';
import { floatLibrary, floatWords } from './floats.ts';
import { httpTextWords } from './http-text.ts';
import { integerLibrary, integerWords } from './integers.ts';
import { jsonWords, yamlWords } from './json.ts';
import { listLibrary, listWords } from './lists.ts';
import { mapLibrary, mapWords } from './maps.ts';
import { regexWords } from './regex.ts';
import type { WordRow } from './row.ts';
import { sonWords } from './son.ts';
import { stringWords } from './strings.ts';
import { variantWords } from './variants.ts';
import { zipperWords } from './zipper.ts';

export { elements } from './elements.ts';
export { elementArray, elementAt, likewise, positionIn, pushed, sequenceLength } from './lists.ts';
export {
  bool,
  float,
  int,
  key,
  map,
  type Results,
  sequence,
  symbol,
  text,
  variant,
  type WordRow,
} from './row.ts';

/** Rows by the file that they are in. A row with a `module` is for programs that include that module. */
export const DATA_ROWS = {
  integers: [...integerWords, ...integerLibrary],
  floats: [...floatWords, ...floatLibrary],
  conversions: conversionWords,
  strings: stringWords,
  encodings: encodingWords,
  lists: [...listWords, ...listLibrary],
  maps: [...mapWords, ...mapLibrary],
  variants: variantWords,
  son: sonWords,
  regex: regexWords,
  crypto: cryptoWords,
  compression: compressionWords,
  json: [...jsonWords, ...yamlWords],
  'http-text': httpTextWords,
  zipper: zipperWords,
} satisfies Readonly<Record<string, readonly WordRow[]>>;

export const dataWords: readonly WordRow[] = Object.values(DATA_ROWS).flat();
