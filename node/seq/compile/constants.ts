// Texts that generated code refers to.
import { interned } from '../../base/value.ts';

/** Longer texts are hardly the tags of variants or keys of maps. */
const NAME_MAX = 64;

export const constantText = (text: string): string => (text.length <= NAME_MAX ? interned(text) : text);
