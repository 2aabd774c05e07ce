// Simulated wallets run what users find among the examples.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SAGA_BUNDLE } from './saga-program.ts';

test('the program of the sagas is that of the example, without its comments', (t) => {
  for (const [name, text] of Object.entries(SAGA_BUNDLE.files)) {
    const example = readFileSync(join(import.meta.dirname, '..', 'examples', name), 'utf8');
    const lines = example
      .split('\n')
      .map((line) => line.replace(/(^|\s+)#( .*)?$/, ''))
      .filter((line) => line.trim() !== '');
    t.is(text, `${lines.join('\n')}\n`);
  }
});
