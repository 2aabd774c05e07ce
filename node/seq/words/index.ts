// The words that take data and give data, without quotations, strands or a host.
import { conversionWords } from './conversions.ts';
import { encodingWords } from './encodings.ts';
import { floatLibrary, floatWords } from './floats.ts';
import { integerLibrary, integerWords } from './integers.ts';
import { listLibrary, listWords } from './lists.ts';
import { mapLibrary, mapWords } from './maps.ts';
import type { WordRow } from './row.ts';
import { sonWords } from './son.ts';
import { stringWords } from './strings.ts';
import { variantWords } from './variants.ts';

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
];
