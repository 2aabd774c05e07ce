// Words are compiled when they are first called.
import test from 'ava';
import { checkBundle } from '../compile-program.ts';
import { compileProgram, type ScriptHost } from '../index.ts';
import { PLAIN, RESUMABLE } from './form.ts';
import { compileModule } from './module.ts';

const bundle = (text: string) => ({ entry: 'a.seq', files: { 'a.seq': text } });

test('a module has the code of a word only when it asks for it, and the same whenever it does', (t) => {
  const { checked } = checkBundle(
    bundle(': used ( -- Int ) [ "in the word" string.length ] call ; : main ( -- ) used drop ;'),
  );
  const words = [...checked!.words.values()];
  const used = words.findIndex(({ name }) => name === 'used');
  for (const form of [PLAIN, RESUMABLE]) {
    const module = compileModule(words, checked!.literals, form);
    t.false(module.constants.includes('in the word'));
    const first = module.later('word', used);
    t.true(module.constants.includes('in the word'));
    t.deepEqual(module.later('word', used), first);
    t.false(module.source.includes(first.source));
  }
});

const DEEP = `
: late ( Int -- String ) dup 0 i.< [ drop "never" ] [ [ int->string ] call "." string.concat ] if ;
: deep ( String Int -- String )
  dup 0 i.= [ late string.concat ] [ 1 i.- deep 3 late drop "!" string.concat ] if ;
: main ( -- ) "" 1 args.at string->int drop deep string.length int->string io.write-line ;`;

test('a word that is first called where the stack is about to overflow is compiled all the same', (t) => {
  for (let depth = 200; depth < 20_000; depth += 241) {
    const compiled = compileProgram(bundle(DEEP));
    if (!compiled.ok) return void t.fail(compiled.diagnostics[0]?.message);
    for (let again = 0; again < 2; again++) {
      let written = '';
      const host: ScriptHost = { write: (out) => (written += out), nowMillis: () => 0, random: () => 0 };
      const result = compiled.program.runMain(host, [String(depth)]);
      t.deepEqual({ kind: result.kind, written }, { kind: 'done', written: `${depth + 2}\n` });
    }
  }
});

test('what a word that may be refused asks for is known before anything runs', (t) => {
  const many = `: main ( -- ) ${'1 '.repeat(1001)}${'drop '.repeat(1001)};`;
  const wide = `: never ( -- ) [ ${'1 '.repeat(1001)}${'drop '.repeat(1001)}] call ; : main ( -- ) ;`;
  for (const text of [many, wide]) {
    const compiled = compileProgram(bundle(text));
    t.like(compiled, { ok: false, diagnostics: [{ code: 'program-too-large' }] });
  }
});
