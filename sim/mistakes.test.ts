// Each mistake that the product can make on purpose is noticed by some test.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MISTAKES, SEEN_ELSEWHERE } from './mistakes.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
/** What is made of a damaged log: see SimulationOptions. */
const OF_THE_SIMULATOR = ['goes-on-damaged', 'torn-middle'];

test('each mistake of the product has a test that sees it, and each that is listed can be made', (t) => {
  const files = globSync('node/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
  const made = files.flatMap((file) => [...read(file).matchAll(/faults\.has\(\s*'([^']+)'/g)]);
  const names = new Set(made.map(([, name]) => name as string));
  for (const name of OF_THE_SIMULATOR) names.add(name);
  const listed = [...MISTAKES.map(({ name }) => name), ...Object.keys(SEEN_ELSEWHERE)];
  t.deepEqual(listed.toSorted(), [...names].toSorted());
});

test('a mistake that is seen elsewhere is named there', (t) => {
  for (const [name, file] of Object.entries(SEEN_ELSEWHERE))
    t.true(read(file).includes(`'${name}'`), `${name} in ${file}`);
});
