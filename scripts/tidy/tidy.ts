// The house rules as a program; `npm run verify` runs it. It prints one line per breach and exits 1 on any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { breachesOf } from './rules.ts';

const root = dirname(dirname(import.meta.dirname));
const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs'], {
  cwd: root,
  encoding: 'utf8',
});
const files = new Map<string, string>();
for (const file of listed.split('\n'))
  if (file !== '') files.set(file, readFileSync(join(root, file), 'utf8'));
const breaches = breachesOf(files);
for (const breach of breaches) console.log(breach);
console.log(breaches.length === 0 ? 'tidy: no breach' : `tidy: ${breaches.length} breaches`);
process.exitCode = breaches.length === 0 ? 0 : 1;
