// Whatever text comes in: an answer, soon, and of bounded size. Nothing throws.
import test from 'ava';
import fc from 'fast-check';
import {
  checkSource,
  compileProgram,
  type Diagnostic,
  formatDiagnostic,
  migrateSource,
  type ScriptHost,
} from './index.ts';

const host: ScriptHost = { write: () => {}, nowMillis: () => 0, random: () => 0 };

/** Compiles, lints and migrates and, if that works, runs. Returns the codes of the errors. */
function survive(text: string): string[] {
  const bundle = { entry: 'a.seq', files: { 'a.seq': text } };
  const compiled = compileProgram(bundle);
  checkPlaces(checkSource(bundle));
  migrateSource(bundle);
  if (compiled.ok) {
    const result = compiled.program.runMain(host, [], 100_000);
    if (result.kind === 'fault' && result.code === 'internal') throw new Error(`${result.message}\n${text}`);
    return [];
  }
  checkPlaces(compiled.diagnostics);
  return compiled.diagnostics.map(({ code }) => code);
}

function checkPlaces(diagnostics: readonly Diagnostic[]): void {
  for (const d of diagnostics) {
    if (d.line < 1 || d.column < 1 || d.endColumn <= d.column)
      throw new Error(`a bad place: ${JSON.stringify(d)}`);
    if (formatDiagnostic(d).length > 2000) throw new Error('a diagnostic too long to read');
  }
}

test('random bytes get an answer', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      survive(Buffer.from(bytes).toString('latin1'));
      survive(Buffer.from(bytes).toString('utf8'));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('text with halves of characters gets an answer', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 20 }), (text, name) => {
      survive(text);
      survive(`: main ( -- ) "${text}" io.write-line ;`);
      survive(`: main ( -- ) "\ud800" io.write-line :${name} drop ;`);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

const TOKENS =
  `: ; ( ) [ ] { } -- -> , .. ..a ..b | if else then match end union include true false Int Float Bool String T U List Map
  Variant A B Make-A Make-B A-x is-A? >x main f g h 0 1 2 -1 3.5 "s" :sym dup drop swap over rot nip tuck 2dup call dip
  keep bi when unless cond pick roll >aux aux> + - * / % = < i.+ i./ i.< list.make list.push list.map list.fold list.each
  list.filter map.make map.get map.set times each-integer string.concat and or not variant.make-1 variant.field-at
  Closure[ add if if [ ] [ ] ; : f ( -- ) ; : g ( Int -- Int ) union A { A { x: Int } B }`.split(/\s+/);
const soup = fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }).map((tokens) => tokens.join(' '));

test('soups of words get an answer', (t) => {
  fc.assert(
    fc.property(soup, (text) => {
      survive(text);
      survive(`union A { A { x: Int } B } : main ( -- ) ${text} ;`);
      survive(`union A { A { x: Int } B } : f ( Int -- Int ) ${text} ; : main ( -- ) 1 f drop ;`);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('programs that grow without end are refused or stopped', (t) => {
  const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
  t.deepEqual(survive(`: main ( -- ) ${nested('[ ', '] ', 100_000)} drop ;`), ['nesting-too-deep']);
  t.deepEqual(survive(`: main ( -- ) ${nested('true if ', 'then ', 100_000)} ;`), ['nesting-too-deep']);
  t.deepEqual(survive(`: f ( ${nested('[ ', '-- ] ', 100_000)} -- ) ;`), ['nesting-too-deep']);
  t.deepEqual(survive(`: main ( -- ) ${'1 '.repeat(1_000_000)} ;`), ['program-too-large']);
  t.deepEqual(survive(`: main ( -- ) "${'x'.repeat(10_000_000)}" drop ;`), ['program-too-large']);
  t.deepEqual(survive('x'.repeat(4_000_000)), ['expected-definition']);
  t.deepEqual(survive(`# ${'x'.repeat(4_000_000)}`), []);
  t.deepEqual(survive(`: main ( -- ) 1${'0'.repeat(4_000_000)} drop ;`), ['int-out-of-range']);
  t.deepEqual(survive(`: main ( -- ) ${'1 '.repeat(5000)} ${'drop '.repeat(5000)} ;`), ['program-too-large']);
  const reaching = `${'1 '.repeat(900)} ${'0 0 i.+ roll '.repeat(2000)} ${'drop '.repeat(900)}`;
  t.deepEqual(survive(`: main ( -- ) ${reaching} ;`), ['program-too-large']);
  t.deepEqual(survive(`: f ( ${'Int '.repeat(1000)} -- ) ;`), ['too-many-values']);
  t.deepEqual(survive(`: main ( -- ) ${'('.repeat(5000)} ;`), ['unexpected-effect']);
});

test('long programs are compiled', (t) => {
  t.deepEqual(survive(`: main ( -- ) ${'1 drop '.repeat(100_000)} ;`), []);
  t.deepEqual(survive(`: main ( -- ) ${'1 '.repeat(900)} ${'drop '.repeat(900)} ;`), []);
  t.deepEqual(survive(`: main ( -- ) ${'1 '.repeat(900)} ${'i.+ '.repeat(899)} drop ;`), []);
  t.deepEqual(survive(`: main ( -- ) 1 ${'true [ 1 i.+ ] [ 2 i.+ ] if '.repeat(5000)} drop ;`), []);
  t.deepEqual(survive(`: main ( -- ) ${'[ 1 ] drop '.repeat(20_000)} ;`), []);
  const words = Array.from(
    { length: 10_000 },
    (_, i) => `: w${i} ( Int -- Int ) ${i === 0 ? '' : `w${i - 1}`} 1 i.+ ;`,
  );
  t.deepEqual(survive(`${words.join('\n')} : main ( -- ) 0 w100 drop ;`), []);
  const variants = Array.from({ length: 5000 }, (_, i) => `V${i} { x: Int }`).join(' ');
  const arms = Array.from({ length: 5000 }, (_, i) => `V${i} ->`).join(' ');
  t.deepEqual(survive(`union U { ${variants} } : main ( -- ) 1 Make-V7 match ${arms} end drop ;`), []);
});

test('a long chain of includes, and includes of hostile names', (t) => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 5000; i++) files[`f${i}.seq`] = `include "f${i + 1}"\n: w${i} ( -- ) ;`;
  files['f5000.seq'] = 'include "f0"';
  t.true(compileProgram({ entry: 'f0.seq', files }).ok);
  for (const name of ['__proto__', 'constructor', '/etc/passwd', '../../x', '', '..', 'a\\b', '\u0000']) {
    const result = compileProgram({ entry: 'a.seq', files: { 'a.seq': `include "${name}"` } });
    t.false(result.ok, name);
  }
  t.false(compileProgram({ entry: '__proto__', files: {} }).ok);
});

test('a program that eats memory is stopped', (t) => {
  const doubling =
    ': grow ( String -- String ) dup string.concat grow ; : main ( -- ) "xxxxxxxx" grow drop ;';
  const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': doubling } });
  t.true(compiled.ok);
  if (compiled.ok) t.like(compiled.program.runMain(host, [], 1e12), { kind: 'fault', code: 'too-large' });
});
