// Makes a directory with those above it, one by one: where a file system makes none, as /proc, Node's
// `recursive` tries for ever.
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What is there already is left as it is. Throws what the system says. */
export function makeFolders(path: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  for (const each of missing.reverse())
    try {
      mkdirSync(each, { mode });
    } catch (error) {
      // Several processes may make it at once.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
}
