// What `seq-node types` writes is TypeScript, and says what the programs take and answer.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { compileProgram } from '../seq/index.ts';
import { compileFile } from './compiling.ts';
import { declarationsOf } from './type-declarations.ts';

const ROOT = join(import.meta.dirname, '..', '..');

function declarations(...sources: string[]): string {
  return declarationsOf(
    sources.map((source, at) => {
      const result = compileProgram({ entry: 'a.seq', files: { 'a.seq': source } });
      if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
      return { source: `${at}.seq`, program: result.program.interface() };
    }),
  );
}

const ONE = `
union Msg { Set-Name { new-name: String, of: Inner } Get Any { value: Variant } }
union Inner { Leaf Pair { left: Float, right: Bool } }
union Reply { Named { name: String } Unnamed Lost }
: name-keeper ( Map Msg -- Map )
  match
    Set-Name { >new-name >of } -> drop Make-Named actor.reply
    Get -> 1 actor.reply
    Any { >value } -> drop
  end ;
: echo ( Map Variant -- Map ) actor.reply ;`;

test('types of messages and answers, by name', (t) => {
  t.is(
    declarations(ONE),
    `// Written by seq-node types.
import type { Int, Value } from '@seq-node/client';

// From 0.seq.

export type Inner =
  | { Leaf: {} }
  | { Pair: { left: number; right: boolean } };

export type Reply =
  | { Named: { name: string } }
  | { Unnamed: {} }
  | { Lost: {} };

export type NameKeeper = {
  "Set-Name": { fields: { "new-name": string; of: Inner }; reply: Extract<Reply, { Named: unknown }> };
  Get: { fields: {}; reply: Int };
  Any: { fields: { value: Value }; reply: never };
};

// Echo takes any message: client.actor('/its/path').
`,
  );
});

test('the same union of two programs is one type; another of the same name has its own', (t) => {
  const other = ONE.replace('Leaf Pair', 'Leaf Twig Pair');
  const text = declarations(ONE, ONE, other);
  t.is(text.match(/^export type Reply\b/gm)?.length, 1);
  t.regex(text, /^export type NameKeeper2 =/m);
  t.regex(text, /^export type Inner2 =\n {2}\| \{ Leaf: \{\} \}\n {2}\| \{ Twig: \{\} \}/m);
  t.regex(text, /"Set-Name": \{ fields: \{ "new-name": string; of: Inner2 \}/);
});

test('TypeScript takes the types of all examples, and holds a program to them', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-types-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.seq'));
  const described = examples.map((name) => ({
    source: name,
    program: compileFile(join(ROOT, 'examples', name)).interface(),
  }));
  writeFileSync(join(directory, 'actors.ts'), declarationsOf(described));
  writeFileSync(
    join(directory, 'app.ts'),
    `import { connect, type Int } from '@seq-node/client';
     import type { Account } from './actors.ts';
     export async function pay(): Promise<Int> {
       const alice = connect().actor<Account>('/user/accounts/alice');
       // @ts-expect-error: no such field
       await alice.ask.withdraw({ amont: 3 });
       // @ts-expect-error: no such message
       await alice.ask({ Withdrew: { amount: 3 } });
       const reply = await alice.ask.withdraw({ amount: 30 });
       // @ts-expect-error: it may have been rejected
       reply.Balanced.balance;
       return 'Rejected' in reply ? reply.Rejected.balance : reply.Balanced.balance;
     }`,
  );
  writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
  const [, readme] = /```ts\n(import [\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!;
  writeFileSync(join(directory, 'readme.ts'), readme!);
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(
    join(directory, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        paths: { '@seq-node/client': [join(ROOT, 'sdk/index.ts')] },
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
      },
      include: ['actors.ts', 'app.ts', 'readme.ts'],
    }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const run = promisify(execFile)(process.execPath, [tsc, '-p', directory]).catch((error) => error);
  t.is((await run).stdout, '');
});
