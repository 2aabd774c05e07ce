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

export { elementArray, elementAt, elements, likewise, positionIn, pushed, sequenceLength } from './lists.ts';
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

/** All rows. A row with a `module` is for programs that include that library module. */
export const dataWords: readonly WordRow[] = [
  ...integerWords,
  ...integerLibrary,
  ...floatWords,
  ...floatLibrary,
  ...conversionWords,
  ...stringWords,
  ...encodingWords,
  ...listWords,
  ...listLibrary,
  ...mapWords,
  ...mapLibrary,
  ...variantWords,
  ...sonWords,
  ...regexWords,
  ...cryptoWords,
  ...compressionWords,
  ...jsonWords,
  ...yamlWords,
  ...httpTextWords,
  ...zipperWords,
];
