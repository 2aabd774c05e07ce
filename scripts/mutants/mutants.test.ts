import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MUTANTS } from './table.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('each mutant fits its source, by a text that stands there once, and names a test that is there', (t) => {
  const sourceOf = (file: string) =>
    existsSync(join(ROOT, file)) ? readFileSync(join(ROOT, file), 'utf8') : '';
  const unfit = MUTANTS.filter(({ file, before }) => sourceOf(file).split(before).length !== 2);
  t.deepEqual(
    unfit.map(({ name, file }) => `${name}: ${file}`),
    [],
  );
  for (const { name, test: by } of MUTANTS) {
    const file = 'ava' in by ? by.ava : 'integration' in by ? by.integration : 'scripts/sim.ts';
    t.true(existsSync(join(ROOT, file)), `${name}: ${file}`);
  }
  const names = MUTANTS.map(({ name }) => name);
  t.is(new Set(names).size, names.length, 'names are unique');
  t.true(names.length >= 60);
});
