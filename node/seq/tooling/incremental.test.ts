// A check of what was edited says what a check of the whole program does.
import test from 'ava';
import fc from 'fast-check';
import { checkSource } from '../check-source.ts';
import { IncrementalCheck } from './incremental.ts';

const PROGRAM = `include std:list
union Msg { Add { n: Int } Get }

# Counts.
: count ( Map Msg -- Map )
  match
    Add { >n } -> over "n" map.get [ ] [ drop 0 ] if + "n" swap map.set
    Get -> dup "n" map.get drop drop
  end
;

: sum ( List -- Int ) 0 [ + ] list.fold ;

: twice ( Int -- Int )
  2 *
;
: channel ( -- ) chan.make chan.close ;
: quoted ( -- Int ) [ 1 2 + ] call ;

: main ( -- ) list-of 1 lv sum twice int->string io.write-line ;
`;
/** What takes the place of a stretch of the program; some of it breaks more than the word that it is in. */
const PIECES = [
  '',
  ' ',
  '\n',
  ' 1 drop ',
  ' dup drop',
  ' swap swap ',
  'oops',
  '"',
  '[',
  ' ]',
  ';',
  '\n: new ( -- ) ;\n',
  ' # note\n',
  '2',
  'twice',
  ' "n" ',
  '( ',
  'union ',
  ' chan.make drop ',
];

const bundle = (text: string) => ({ entry: 'a.seq', files: { 'a.seq': text } });

test('edits one after the other', (t) => {
  const edit = fc.record({
    at: fc.nat(PROGRAM.length),
    length: fc.constantFrom(0, 0, 0, 1, 2, 5),
    piece: fc.constantFrom(...PIECES),
  });
  let quick = 0;
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
      const check = new IncrementalCheck();
      let text = PROGRAM;
      check.full(bundle(text));
      for (const { at, length, piece } of edits) {
        text = text.slice(0, at) + piece + text.slice(at + length);
        const wanted = checkSource(bundle(text));
        const found = check.quick(new Map([['a.seq', text]]));
        if (found !== undefined) {
          quick++;
          t.deepEqual(byPlace(found), byPlace(wanted), text);
        } else t.deepEqual(byPlace(check.full(bundle(text))), byPlace(wanted), text);
      }
    }),
    { numRuns: 150 },
  );
  t.true(quick > 20, `${quick} edits were checked alone`);
});

test('a key that takes the place of its value is noticed in an edit, and what other words have for keys', (t) => {
  const swapped = PROGRAM.replace('if + swap "n" map.set', 'if + "n" map.set').replace(
    'if + "n" swap map.set',
    'if + "n" map.set',
  );
  t.not(swapped, PROGRAM);
  const check = new IncrementalCheck();
  check.full(bundle(PROGRAM));
  const found = check.quick(new Map([['a.seq', swapped]])) ?? check.full(bundle(swapped));
  t.deepEqual(byPlace(found), byPlace(checkSource(bundle(swapped))));
  t.true(found.some(({ code }) => code === 'map-set-order'));
});

test('the name of a word may stand on another line than its colon', (t) => {
  const check = new IncrementalCheck();
  const text = PROGRAM.replace(': count (', ': \ncount (');
  check.full(bundle(text));
  const edited = text.replace('Get -> dup', '1 drop Get -> dup');
  t.deepEqual(byPlace(check.quick(new Map([['a.seq', edited]])) ?? []), byPlace(checkSource(bundle(edited))));
});

const byPlace = (all: ReturnType<typeof checkSource>) =>
  [...all].sort((a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1));

test('lines that move take their diagnostics along', (t) => {
  const check = new IncrementalCheck();
  const text = PROGRAM.replace('2 *', '2 * dup drop').replace('1 2 +', '1 2 oops');
  t.deepEqual(check.full(bundle(text)), checkSource(bundle(text)));
  const moved = text.replace(': sum ( List -- Int ) 0', ': sum ( List -- Int )\n\n  0');
  const found = check.quick(new Map([['a.seq', moved]]));
  t.deepEqual(found, checkSource(bundle(moved)));
  t.is(found?.[0]?.line, 20);
  const good = moved.replace('oops', '+');
  t.deepEqual(check.quick(new Map([['a.seq', good]])), undefined, 'the lints of all words are not known');
  t.deepEqual(check.full(bundle(good)), checkSource(bundle(good)));
});

test('only bodies are checked alone', (t) => {
  const tried = (edited: string): boolean => {
    const check = new IncrementalCheck();
    check.full(bundle(PROGRAM));
    return check.quick(new Map([['a.seq', edited]])) !== undefined;
  };
  t.true(tried(PROGRAM));
  t.true(tried(PROGRAM.replace('2 *', '3 *')));
  t.true(tried(PROGRAM.replace('2 *', 'oops')));
  for (const [from, to] of [
    ['( Int -- Int )', '( Int -- Int Int )'],
    ['include std:list', 'include std:map'],
    ['Get }', 'Get Put }'],
    [': twice', ': thrice'],
    ['2 *', '2 * ['],
    ['2 *', '2 * ; : more ( -- )'],
    ['include', '# seq: 2.x\ninclude'],
  ] as const)
    t.false(tried(PROGRAM.replace(from, to)), to);
});
