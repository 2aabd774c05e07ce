// Sessions as scripts of entries: what each prints and leaves on the stack.
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../../base/random.ts';
import { compileProgram } from '../index.ts';
import { linesOf, NEWEST, releasesOf } from '../lines/releases.ts';
import { vocabularyOf } from '../lines/vocabulary.ts';
import { ProgramGenerator } from '../testing/random-program.ts';
import { isIncomplete } from './entry.ts';
import { Session, type SessionResult, showItem } from './session.ts';

const LIBRARY = ': twice ( ..a [ ..a -- ..a ] -- ..a ) dup >aux call aux> call ;\n';

function open(library = () => LIBRARY, release = '7') {
  let written = '';
  const host = {
    write: (text: string | Uint8Array) => (written += text),
    nowMillis: () => 0,
    random: () => 0,
  };
  const session = new Session({
    line: linesOf(releasesOf(release)!)[0]!,
    read: (entry, text) => ({ entry, files: { [entry]: text, 'lib.seq': library() } }),
  });
  const carryOut = (text: string): SessionResult | string => {
    const entered = session.enter(text, host);
    if (entered.kind === 'refused')
      return entered.diagnostics
        .map(({ code, file, line, column }) => `${code} ${file} ${line}:${column}`)
        .join(', ');
    for (let result = entered.run?.resume(7); result !== undefined; result = entered.run!.resume(7))
      if (result.kind !== 'running') return result;
    return { kind: 'done' };
  };
  /** What is wrong, or what was written and lies on the stack. */
  const enter = (text: string): string => {
    written = '';
    const result = carryOut(text);
    const stack = session.stack.map(showItem).join(' ');
    if (typeof result === 'string') return result;
    if (result.kind !== 'done') {
      const at =
        result.kind === 'fault'
          ? result.trace.map(({ word, file, line, column }) => `${word} ${file} ${line}:${column}`)
          : [];
      return `${result.kind === 'fault' ? result.code : result.kind} ${at.join(' < ')} | ${stack}`;
    }
    return written + stack;
  };
  return { session, enter };
}

const types = ({ stack }: Session) => stack.map(({ type }) => type).join(' ');

test('the stack stays between entries', (t) => {
  const { session, enter } = open();
  t.is(enter('1 2.5 "x" :sym true'), '1 2.5 "x" :sym true');
  t.is(types(session), 'Int Float String Symbol Bool');
  t.is(enter('drop drop swap drop +'), 'type-mismatch entry 2 1:21');
  t.is(enter('drop drop io.write-line drop'), 'x\n1');
  t.is(enter('list.make over list.push map.make "k" 7 map.set'), '1 [1] {"k" 7}');
  t.is(enter('"k" map.get drop'), '1 [1] 7');
  t.is(types(session), 'Int List Int');
  t.is(enter('rot + nip'), '8');
  t.is(enter(''), '8');
  t.is(enter('# only a comment'), '8');
  session.clear();
  t.is(enter('drop'), 'stack-underflow entry 9 1:1');
});

test('definitions stay, may be replaced, and are refused as a whole', (t) => {
  const { session, enter } = open();
  t.is(enter(': double ( Int -- Int ) 2 * ; 21 double'), '42');
  t.is(
    enter(
      'drop\nunion Shape { Circle { radius: Int } Point }\n: r ( Shape -- Int )\n  match Circle -> Point -> 0 end ;',
    ),
    '',
  );
  t.is(enter('3 Make-Circle'), '(Circle 3)');
  t.is(types(session), 'Shape');
  t.is(enter('r double'), '6');
  t.is(enter(': double ( Int -- Int ) 3 * ; double'), '18');
  t.is(enter(': double ( String -- ) drop ;\n: half ( Int -- Int ) nonsense ;'), 'unknown-word entry 6 2:23');
  t.is(enter('double'), '54');
  // A new effect that other words do not fit is refused where they are.
  t.is(enter(': four ( Int -- Int ) double double ;'), '54');
  t.is(enter(': double ( String -- String ) ;'), 'type-mismatch entry 8 1:23');
  t.deepEqual(
    session.definitions.filter(({ kind }) => kind === 'word').map(({ name, text }) => `${name} ${text}`),
    ['double ( Int -- Int )', 'r ( Shape -- Int )', 'four ( Int -- Int )'],
  );
});

test('an entry that fails leaves the stack, and keeps what it defined', (t) => {
  const { enter } = open(undefined, '2.x');
  t.is(enter('10 0'), '10 0');
  t.is(
    enter(': bad ( Int Int -- Int )\n  i./ ;\nbad'),
    'division-by-zero bad entry 2 2:3 < <entry-2> entry 2 3:1 | 10 0',
  );
  t.is(enter('drop 5 bad'), '2');
  t.is(enter('"a" [ 1'), 'unclosed entry 4 1:8');
  t.is(enter('1 ; 2'), 'unexpected entry 5 1:3');
  t.is(enter('"\\q"'), 'bad-escape entry 6 1:1');
});

test('what is typed is of the newest release, or of the one said; an included file is of its own', (t) => {
  const old = ': half ( Int -- Int ) 2 i./ ; : small ( Int -- Bool ) 3 i.< if true else false then ;\n';
  const { enter } = open(() => old);
  t.is(enter('7 2 i./'), '3 true');
  t.is(enter('drop 1 divide'), 'unknown-word entry 2 1:8');
  t.is(enter('include "lib" drop 10 half'), '3 5');
  t.is(enter('small'), '3 false');
  const before = open(undefined, '3.0');
  t.is(before.enter('map.make 9223372036854775807'), '{} 9223372036854775807');
  t.is(before.enter('"k" swap map.set "k" map.get if 1 i.+ else drop 0 then'), '-9223372036854775808');
  t.is(before.enter('7 2 /'), 'unknown-word entry 3 1:5');
});

test('quotations on the stack can be called by later entries', (t) => {
  const { session, enter } = open();
  t.is(enter('[ 2 * ] [ dup ]'), '[ Int -- Int ] [ T1 -- T1 T1 ]');
  t.is(enter('5 swap call rot call'), '5 10');
  t.is(enter(': adder ( Int -- Closure[ Int -- Int ] ) [ i.+ ] ; 3 adder'), '5 10 [ Int -- Int ]');
  // In lists, captured by others, and after other entries that have quotations.
  t.is(enter('list.make swap list.push [ drop ] drop'), '5 10 <List>');
  t.is(enter('[ 1 ] drop 0 list.get drop'), '5 10 [ Int -- Int ]');
  t.is(enter('call'), '5 13');
  t.is(enter('include "lib" [ 1 + ] twice'), '5 15');
  t.is(types(session), 'Int Int');
});

test('a word is not defined again while a quotation of it lies on the stack', (t) => {
  const { session, enter } = open();
  t.regex(enter(': adder ( Int -- Closure[ Int -- Int ] ) [ i.+ ] ; 3 adder'), /Int -- Int/);
  t.is(enter(': adder ( Int -- Closure[ Int -- Int ] ) [ i.* ] ;'), 'held-word entry 2 1:3');
  session.clear();
  t.is(enter(': adder ( Int -- Closure[ Int -- Int ] ) [ i.* ] ; 5 3 adder call'), '15');
});

test('an included file is read again, unless a quotation of it lies on the stack', (t) => {
  let version = 1;
  const { session, enter } = open(() => `: number ( -- [ -- Int ] ) [ ${version} ] ;\n`);
  t.is(enter('include "lib" number'), '[ -- Int ]');
  t.is(enter('include "lib" call'), '1');
  version = 2;
  t.is(enter('include "lib" drop number call'), '2');
  t.is(enter('number'), '2 [ -- Int ]');
  version = 3;
  t.is(enter('include "lib"'), 'held-word lib.seq 1:3');
  t.is(enter('call'), '2 2');
  session.clear();
  t.is(enter('include "lib" number call'), '3');
});

test('channels stay between entries, weaves do not', (t) => {
  const { enter } = open();
  t.is(enter('chan.make dup [ 1 ] swap chan.send drop'), '<Channel>');
  t.is(enter('dup chan.receive drop'), '<Channel> [ -- Int ]');
  t.is(enter('call'), '<Channel> 1');
  t.regex(enter('drop dup chan.receive'), /^deadlock .* \| <Channel> 1$/);
  t.regex(enter('[ drop ] strand.weave'), /^bad-argument /);
});

test('who waits in a channel ends with the entry', (t) => {
  const { enter } = open();
  enter(': shows ( Channel -- ) chan.receive drop int->string io.write-line ;');
  t.regex(enter('chan.make [ shows ] strand.spawn drop'), /^deadlock /);
  t.is(enter('chan.make'), '<Channel>');
  t.regex(enter('[ shows ] strand.spawn drop'), /^deadlock .* \| <Channel>$/);
  t.is(enter('dup 5 swap chan.send drop'), '<Channel>');
  t.is(enter('chan.receive'), '5 true');
});

test('a quotation over a row, and modules', (t) => {
  const { enter } = open();
  t.is(enter('12 18 gcd'), 'unknown-word entry 1 1:7');
  t.is(enter('include std:imath 12 18 gcd'), '6');
  t.is(enter('include "absent"'), 'unknown-file entry 3 1:9');
  t.is(enter('include std:absent'), 'unknown-module entry 4 1:13');
});

test('a union may hide a type of what lies on the stack', (t) => {
  const { enter } = open();
  enter('list.make 7 list.push');
  t.is(enter('union List { Nil Cons { head: Int, tail: List } }'), '[7]');
  t.is(enter('dup list.length 1 Make-Nil Make-Cons'), '[7] 1 (Cons 1 (Nil))');
  t.is(enter('Cons-head i.+ swap list.length i.+'), '3');
});

test('an entry is incomplete while something is open', (t) => {
  for (const text of [
    ': f',
    ': f ( -- )',
    ': f ( -- ) 1\n',
    '[ 1',
    '"text',
    'union U {',
    'union',
    'include',
    '1 match Some ->',
    'map.make "k" [',
  ])
    t.true(isIncomplete(text), text);
  for (const text of [
    '',
    '1 2',
    ': f ( -- ) ;',
    '[ 1 ]',
    ']',
    ';',
    '"a\nb"',
    ':sym',
    'include std:list',
    'union U { A }',
    '# [',
    '"["',
  ])
    t.false(isIncomplete(text), text);
});

test('whatever is typed, the session goes on, and what it shows is what the next entry finds', (t) => {
  const words =
    '[ ] ( ) { } : ; , dup drop swap 1 2.5 "a" :x true if else then match end union include -> -- + call dip >aux aux> f g T Int ' +
    'Make-A Some list.make list.push list.get map.make chan.make strand.weave strand.resume strand.spawn yield bi twice [ 1 ] [ dup ] ' +
    ': f ( -- ) ; : g ( Int -- [ -- Int ] ) [ ] ; union U { A { x: Int } B } include "lib" include std:imath';
  const pieces = [
    ...words.split(' '),
    ': f ( -- Int ) 1 ;',
    ': g ( Int -- [ -- Int ] ) [ ] ;',
    '1 g',
    '[ 1 + ]',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), { maxLength: 12 }),
      (entries) => {
        const { session, enter } = open();
        for (const entry of entries) {
          enter(entry.join(' '));
          const before = session.stack.map(showItem).join(' ');
          t.is(enter(''), before);
          // The types of the stack are ones that an entry can be checked against.
          t.true('types' in session.typesAfter(''), types(session));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('random programs do in a session, piece by piece, what they do as a whole', (t) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const { text, output } = new ProgramGenerator(() => random.fraction(), vocabularyOf(NEWEST)).program();
      t.true(compileProgram({ entry: 'a.seq', files: { 'a.seq': text } }).ok);
      const { enter } = open();
      const defined = enter(text);
      if (defined !== '') throw new Error(`${defined}\n${text}`);
      const found = enter('main');
      if (found !== output()) throw new Error(`wrote ${found} instead of ${output()}\n${text}`);
    }),
    { numRuns: 60 },
  );
});
