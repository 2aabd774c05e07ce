// The rows of builtin words, loaded one file at a time: a script that is run again waits for no others.
import type { RowGroup } from '../seq/builtins/all-rows.ts';
import type { BuiltinRow } from '../seq/builtins/table.ts';

const LOADERS: Readonly<Record<RowGroup, () => Promise<readonly BuiltinRow[]>>> = {
  stack: async () => (await import('../seq/builtins/stack.ts')).stackWords,
  control: async () => (await import('../seq/builtins/control.ts')).controlWords,
  io: async () => (await import('../seq/builtins/io.ts')).ioWords,
  files: async () => (await import('../seq/builtins/files.ts')).fileWords,
  os: async () => (await import('../seq/builtins/os.ts')).osWords,
  terminal: async () => (await import('../seq/builtins/terminal.ts')).terminalAndSignalWords,
  randomness: async () => (await import('../seq/builtins/randomness.ts')).randomWords,
  net: async () => (await import('../seq/builtins/net.ts')).netWords,
  test: async () => (await import('../seq/builtins/test.ts')).testWords,
  actor: async () => (await import('../seq/builtins/actor.ts')).actorWords,
  supervisors: async () => (await import('../seq/builtins/supervisors.ts')).supervisorWords,
  concurrency: async () => (await import('../seq/builtins/concurrency.ts')).concurrencyWords,
  'higher-order': async () => (await import('../seq/builtins/higher-order.ts')).higherOrderWords,
  conversions: async () => (await import('../seq/words/conversions.ts')).conversionWords,
  strings: async () => (await import('../seq/words/strings.ts')).stringWords,
  encodings: async () => (await import('../seq/words/encodings.ts')).encodingWords,
  variants: async () => (await import('../seq/words/variants.ts')).variantWords,
  son: async () => (await import('../seq/words/son.ts')).sonWords,
  regex: async () => (await import('../seq/words/regex.ts')).regexWords,
  crypto: async () => (await import('../seq/words/crypto.ts')).cryptoWords,
  compression: async () => (await import('../seq/words/compression.ts')).compressionWords,
  zipper: async () => (await import('../seq/words/zipper.ts')).zipperWords,
  'http-text': async () => (await import('../seq/words/http-text.ts')).httpTextWords,
  integers: async () => {
    const { integerWords, integerLibrary } = await import('../seq/words/integers.ts');
    return [...integerWords, ...integerLibrary];
  },
  floats: async () => {
    const { floatWords, floatLibrary } = await import('../seq/words/floats.ts');
    return [...floatWords, ...floatLibrary];
  },
  lists: async () => {
    const { listWords, listLibrary } = await import('../seq/words/lists.ts');
    return [...listWords, ...listLibrary];
  },
  maps: async () => {
    const { mapWords, mapLibrary } = await import('../seq/words/maps.ts');
    return [...mapWords, ...mapLibrary];
  },
  json: async () => {
    const { jsonWords, yamlWords } = await import('../seq/words/json.ts');
    return [...jsonWords, ...yamlWords];
  },
};

/** The rows of these groups. */
export async function rowsOf(groups: Iterable<string>): Promise<ReadonlyMap<string, readonly BuiltinRow[]>> {
  const load = async (group: string) => [group, await LOADERS[group as RowGroup]()] as const;
  return new Map(await Promise.all(Array.from(groups, load)));
}
