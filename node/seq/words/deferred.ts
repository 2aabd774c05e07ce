// Libraries that few programs use. Each is loaded when the first word asks for it: to load all takes longer
// than a small run.
import { createRequire } from 'node:module';

/** Gives the library's exports, from the second call on without looking for them. */
export function deferred<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= createRequire(import.meta.filename)(name) as T;
    return loaded;
  };
}
