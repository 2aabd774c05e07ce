// Holds docs/ERRORS.md and docs/OPERATIONS.md to the tables in the code. SEQ_NODE_WRITE_DOCS=1 writes the
// tables instead.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ERRORS, isErrorCode, PASSING_CODES } from '../base/errors.ts';
import { ROUTES } from '../gateway/routes.ts';
import { configTables } from '../host/config-manual.ts';
import { loadCommands } from './commands.ts';
import { EXIT_STATUSES } from './help.ts';
import { parseArguments } from './parse-arguments.ts';

const COMMANDS = await loadCommands();

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8');

function holdBlock(t: ExecutionContext, file: string, block: string, wanted: string) {
  const text = read(file);
  const [begin, end] = [`<!-- begin ${block} -->`, `<!-- end ${block} -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  t.true(from >= begin.length && to >= from, `${file} has no block ${block}`);
  if (process.env.SEQ_NODE_WRITE_DOCS === '1')
    writeFileSync(join(DOCS, file), `${text.slice(0, from)}\n\n${wanted}\n\n${text.slice(to)}`);
  else
    t.is(
      text.slice(from, to).trim(),
      wanted,
      `SEQ_NODE_WRITE_DOCS=1 npx ava node/cli/manual.test.ts writes it`,
    );
}

test.serial('docs/ERRORS.md has every code of the table, and no other', (t) => {
  const rows = Object.entries(ERRORS).map(
    ([code, { exit, http, meaning, advice }]) =>
      `| \`${code}\` | ${exit} | ${http} | ${meaning} | ${advice} |`,
  );
  const wanted = ['| Code | Exit | HTTP | Meaning | What to do |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
  holdBlock(t, 'ERRORS.md', 'errors', wanted);
  const documented = [...read('ERRORS.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code!);
  t.deepEqual(
    documented.filter((code) => !isErrorCode(code)),
    [],
  );
  t.deepEqual(new Set(documented), new Set(Object.keys(ERRORS)));
});

test.serial('docs/ERRORS.md names what passes by itself', (t) => {
  const named = /^Errors that pass by themselves \((.*?)\)/ms.exec(read('ERRORS.md'))?.[1] ?? '';
  t.deepEqual(new Set(named.split(/,\s+/)), new Set([...PASSING_CODES].map((code) => `\`${code}\``)));
});

test.serial('docs/ERRORS.md has the exit statuses', (t) => {
  for (const [status, meaning] of EXIT_STATUSES)
    t.true(read('ERRORS.md').includes(`| ${status} | ${meaning} |`));
});

test.serial('docs/OPERATIONS.md has every setting', (t) => {
  holdBlock(t, 'OPERATIONS.md', 'settings', configTables());
});

test.serial('docs/OPERATIONS.md names only error codes and log events that exist', (t) => {
  const advice = read('OPERATIONS.md').split('## What to do when…')[1]!;
  const codes = [...advice.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell]) => [
    ...cell!.matchAll(/`([a-z-]+)`/g),
  ]);
  t.true(codes.length >= 10);
  // A node also logs what is no error of anybody: `nobody-found` in the log.
  const logged = new Set([...advice.matchAll(/^\| `([a-z-]+)` in the log/gm)].map(([, event]) => event));
  const root = join(DOCS, '..');
  const files = globSync('node/{core,host}/**/*.ts', { cwd: root });
  const sources = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  for (const event of logged) t.true(sources.includes(`', '${event}'`), event);
  for (const [, code] of codes) t.true(logged.has(code) || isErrorCode(code!), code);
});

test.serial('every command line in the manuals is understood by the parser', (t) => {
  for (const name of ['OPERATIONS.md', 'ERRORS.md'])
    for (const [, line] of read(name).matchAll(/^ {4}(?:docker compose exec \w+ )?seq-node ([a-z].*)$/gm)) {
      const words = [...line!.replace(/ +#.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        ([, single, double, bare]) => single ?? double ?? bare!,
      );
      t.notThrows(() => parseArguments(words, COMMANDS), line);
    }
});

test.serial('docs/TOOLS.md names every command of the language, and only commands that exist', (t) => {
  const named = [...read('TOOLS.md').matchAll(/`seq-node ([a-z]+)/g)].map(([, name]) => name!);
  const known = new Set(COMMANDS.map(({ name }) => name));
  for (const name of named) t.true(known.has(name), name);
  for (const name of ['run', 'check', 'test', 'repl', 'fmt', 'doc', 'lsp'])
    t.true(named.includes(name), name);
});

test.serial('docs/OPERATIONS.md documents as many addresses as there are routes', (t) => {
  const api = read('OPERATIONS.md').split('## HTTP API')[1]!.split('### Messages')[0]!;
  const rows = [...api.matchAll(/^\| `(GET|POST|DELETE) \/[^`]*`/gm)];
  t.is(rows.length, ROUTES.length);
});
