// What an editor is told about a program, marked in the program by the place that it asks about.
import test from 'ava';
import fc from 'fast-check';
import { BUILTINS } from '../builtins/index.ts';
import { checkSource } from '../check-source.ts';
import { LINES, MIXED } from '../lines/releases.ts';
import { vocabularyOf } from '../lines/vocabulary.ts';
import { Analysis, type Completion } from './analysis.ts';
import { builtinWords, olderForms, olderSentence } from './builtin-words.ts';
import { fixesOf } from './fixes.ts';

const LIBRARY = `union Shape {
  Circle { radius: Int }
  Point
}

# The area of a shape,
# roughly.
# seq:allow(unused)
: area ( Shape -- Int ) match Circle { >radius } -> dup * 3 * Point -> 0 end ;
`;

/** An analysis of main.seq, and the place of \`‸\` in it. */
function at(marked: string) {
  const offset = marked.indexOf('‸');
  const before = marked.slice(0, offset).split('\n');
  const text = marked.replace('‸', '');
  const analysis = new Analysis({
    entry: 'main.seq',
    files: { 'main.seq': text, 'lib/shapes.seq': LIBRARY },
  });
  const place = ['main.seq', before.length, before.at(-1)!.length + 1] as const;
  return {
    hover: () => analysis.hover(...place),
    definition: () => analysis.definition(...place),
    complete: () => analysis.complete(...place),
    references: () => analysis.references(...place),
    signature: () => analysis.signature(...place),
    analysis,
  };
}

const names = (items: readonly Completion[]) => items.map(({ name }) => name);

test('hover shows the effect of a word and the comment above it', (t) => {
  t.deepEqual(at('include "lib/shapes"\n: main ( -- ) Make-Point ar‸ea drop ;').hover(), {
    file: 'main.seq',
    line: 2,
    column: 26,
    endColumn: 30,
    code: 'area ( Shape -- Int )',
    text: 'The area of a shape,\nroughly.',
  });
  t.is(
    at(': f ( ..a [ ..a -- ..b ] -- ..b | Yield Int ) ;\n: g ( -- ) ‸f ;').hover()?.code,
    'f ( ..a [ ..a -- ..b ] -- ..b | Yield Int )',
  );
});

test('hover knows builtins, operators, and what unions bring', (t) => {
  t.like(at(': main ( -- ) 1 dup‸ ;').hover(), {
    code: 'dup ( T -- T T )\n5 dup  # 5 5',
    text: 'Copies the top value.',
    column: 17,
  });
  t.like(at(': main ( -- ) ‸abs ;').hover(), { text: 'The Int without its sign. Needs include std:imath.' });
  t.like(at(': main ( -- ) ‸i.+ ;').hover(), {
    code: 'i.+ ( Int Int -- Int )\n40 2 i.add  # 42',
    text: 'The sum of two Ints; what is beyond 63 bits wraps around. Also i.add.',
  });
  t.like(at(': main ( -- ) 1 2 ‸+ ;').hover(), {
    code: 'i.+ ( Int Int -- Int )\nf.+ ( Float Float -- Float )\nstring.concat ( String String -- String )\n"con" "cat" +  # "concat"',
  });
  t.like(at('union S { A } : main ( -- ) Make-A ‸match A -> end ;').hover(), { column: 36 });
  t.regex(
    at('union S { A } : main ( -- ) Make-A ‸match A -> end ;').hover()?.text ?? '',
    /^Takes a value of a union/,
  );
  t.regex(at(': f ( Str‸ing -- ) drop ;').hover()?.text ?? '', /UTF-8/);
  const shapes = 'include "lib/shapes"\n: main ( -- ) ';
  t.is(at(`${shapes}Make-Cir‸cle ;`).hover()?.code, 'Make-Circle ( Int -- Shape )');
  t.is(at(`${shapes}Circle-‸radius ;`).hover()?.code, 'Circle-radius ( Shape -- Int )');
  t.is(
    at(`include "lib/shapes"\n: f ( Sh‸ape -- ) ;`).hover()?.code,
    'union Shape { Circle { radius: Int } Point }',
  );
  t.is(
    at(`include "lib/shapes"\n: f ( Shape -- ) match Circle { >rad‸ius } -> `).hover()?.code,
    'radius: Int',
  );
});

test('there is nothing to say about numbers, strings, comments, symbols and unknown words', (t) => {
  for (const body of ['1‸2', '"du‸p"', '# du‸p', ':du‸p', 'nons‸ense', '  ‸  '])
    t.is(at(`: main ( -- ) ${body} ;`).hover(), undefined, body);
  t.is(at(': main ( -- ) "unclosed du‸p ;').hover(), undefined);
});

test('a program that is broken elsewhere still answers', (t) => {
  t.is(
    at(': broken ( -- ) 1 ] 2 ;\n: good ( Int -- ) drop ;\n: main ( -- ) 1 goo‸d [ ;').hover()?.code,
    'good ( Int -- )',
  );
});

test('definitions are found in the file, in included files, and of included files', (t) => {
  t.like(at(': one ( -- Int ) 1 ;\n: main ( -- Int ) on‸e ;').definition(), {
    file: 'main.seq',
    line: 1,
    column: 3,
  });
  t.like(at('include "lib/shapes"\n: main ( -- ) ar‸ea ;').definition(), {
    file: 'lib/shapes.seq',
    line: 9,
    column: 3,
  });
  t.like(at('include "lib/shapes"\n: main ( -- ) Circle-radi‸us ;').definition(), {
    file: 'lib/shapes.seq',
    line: 2,
  });
  t.like(at('include "lib/sha‸pes"\n').definition(), { file: 'lib/shapes.seq', line: 1, column: 1 });
  t.is(at('include "lib/abs‸ent"\n').definition(), undefined);
  t.is(at(': main ( -- ) du‸p ;').definition(), undefined);
  // A word of the program goes before the builtin of its name.
  t.like(at(': dup ( -- ) ;\n: main ( -- ) du‸p ;').definition(), { line: 1 });
});

test('completion offers words of the program, of its unions, and of the language', (t) => {
  const { column, items } = at('include "lib/shapes"\n: main ( -- ) Make-‸').complete();
  t.is(column, 15);
  t.deepEqual(names(items), ['Make-Circle', 'Make-Point']);
  const list = at(': list.mine ( -- ) ;\n: main ( -- ) list.m‸ ;').complete();
  t.deepEqual(names(list.items), ['list.mine', 'list.map', 'list.make']);
  t.deepEqual(list.items[1], {
    name: 'list.map',
    kind: 'builtin',
    detail: BUILTINS.get('list.map')!.effect,
    sentence: 'What a quotation makes of each element.',
  });
  t.deepEqual(at('include std:imath\n: main ( -- ) gc‸').complete().items[0]?.needs, undefined);
  t.deepEqual(at(': main ( -- ) gc‸').complete().items[0]?.needs, 'std:imath');
  t.deepEqual(names(at('include std:im‸').complete().items), ['imath']);
  t.deepEqual(at(': main ( Strin‸').complete().items[0], {
    name: 'String',
    kind: 'type',
    detail: 'a type of the language',
  });
  t.true(at(': main ( -- ) [‸').complete().items.length > 200);
  for (const text of ['# du‸', '"du‸', '"a" # "du‸', 'drop # du‸'])
    t.deepEqual(at(`: main ( -- ) ${text}`).complete().items, [], text);
});

test('every question about any text has an answer', (t) => {
  const pieces =
    '[ ] ( ) { } : ; , # " \\ \n dup 1 2.5 "a" :x true if else then match end union include -> -- std:list "lib/shapes" f Int Make-A Some U { A } >x';
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces.split(' '), '\n', '\r\n'), { maxLength: 30 }),
      fc.nat(),
      (words, seed) => {
        const text = words.join(seed % 3 === 0 ? '' : ' ');
        const offset = seed % (text.length + 1);
        const { analysis, hover, definition, complete } = at(
          `${text.slice(0, offset)}‸${text.slice(offset)}`,
        );
        t.notThrows(() => [
          analysis.diagnostics(),
          hover(),
          definition(),
          complete(),
          analysis.outline('main.seq'),
        ]);
      },
    ),
    { numRuns: 300 },
  );
});

test('diagnostics and the outline are those of the program', (t) => {
  const { analysis } = at('include "lib/shapes"\n: main ( -- ) nonsense ;‸');
  t.like(analysis.diagnostics()[0], { code: 'unknown-word', file: 'main.seq', line: 2, column: 15 });
  t.deepEqual(
    analysis.outline('lib/shapes.seq').map(({ kind, name }) => `${kind} ${name}`),
    ['union Shape', 'variant Circle', 'field radius', 'variant Point', 'word area'],
  );
});

test('every builtin is told under each of its names', (t) => {
  for (const [name, { effect }] of BUILTINS) t.like(builtinWords(name, MIXED)[0], { name, effect });
  for (const line of LINES)
    for (const name of vocabularyOf(line).words.keys())
      t.like(builtinWords(name, line)[0], { effect: vocabularyOf(line).words.get(name)!.effect }, name);
  t.deepEqual(builtinWords('nonsense'), []);
});

test('a word that 7.x lacks is told as each line had it', (t) => {
  const told = (name: string) => olderForms(name).map((form) => `${form.effect} ${olderSentence(form)}`);
  t.deepEqual(told('divide'), ['( Int Int -- Int ) Of Seq 0.3 to 0.16. Seq 7.x has i./ drop.']);
  t.deepEqual(told('map.get-safe'), [
    '( Map K -- V Bool ) Of Seq 0.17. Seq 7.x has map.get.',
    '( Map K -- V Int ) Of Seq 0.3 to 0.16. Seq 7.x has map.get.',
  ]);
  t.deepEqual(told('make-variant'), [
    '( T U -- Variant ) Of Seq of several releases. Seq 7.x has swap string->symbol variant.make-1.',
  ]);
  t.deepEqual(told('i./'), []);
});

test("hover and completion know the words of the program's line", (t) => {
  const halves = ': half ( Int -- Int ) 2 i./‸ ;\n: main ( -- ) true if 7 half drop then ;';
  t.is(at(halves).hover()?.code.split('\n')[0], 'i./ ( Int Int -- Int )');
  t.is(at(`# seq: 7\n${halves}`).hover()?.code.split('\n')[0], 'i./ ( Int Int -- Int Bool )');
  const completed = (text: string) => names(at(text).complete().items);
  t.deepEqual(completed('# seq: 0.13\n: main ( -- ) chan.receive‸'), ['chan.receive', 'chan.receive-safe']);
  t.deepEqual(completed('# seq: 7\n: main ( -- ) chan.receive‸'), ['chan.receive']);
  t.deepEqual(
    at('# seq: 7\n: main ( -- ) 1 2 divide‸ drop ;').hover()?.text,
    'Of Seq 0.3 to 0.16. Seq 7.x has i./ drop.',
  );
});

/** The program with everything renamed that the place names. */
function renamed(marked: string, to: string): string {
  const { all = [] } = at(marked).references() ?? {};
  const lines = marked.replace('‸', '').split('\n');
  for (const { file, line, column, endColumn, renamed: make } of [...all].reverse())
    if (file === 'main.seq')
      lines[line - 1] =
        lines[line - 1]!.slice(0, column - 1) + make(to) + lines[line - 1]!.slice(endColumn - 1);
  return lines.join('\n');
}

test('references are all uses of a word, in every file, and no symbols, strings or comments', (t) => {
  const text =
    'include "lib/shapes"\n# area\n: main ( -- ) Make-Point ar‸ea :area drop "area" drop [ area ] drop drop ;';
  const found = at(text).references();
  t.true(found?.own);
  t.deepEqual(
    found?.all.map(({ file, line, column, defines }) => [file, line, column, defines]),
    [
      ['lib/shapes.seq', 9, 3, true],
      ['main.seq', 3, 26, false],
      ['main.seq', 3, 56, false],
    ],
  );
  t.like(at(': main ( -- ) 1 d‸up drop drop ;').references(), { own: false, target: { name: 'dup' } });
  t.is(at(': main ( -- ) ‸1 drop ;').references(), undefined);
});

test('renaming follows what unions bring, and patterns', (t) => {
  const program = `union Shape { Circle { radius: Int } Square { radius: Int } }
: f ( Shape -- Int ) match Circle { >radius } -> Square { >radius } -> end ;
: main ( -- ) 3 Make-Circle dup is-Circle? drop Circle-radius drop :Circle drop ;`;
  t.is(
    renamed(program.replace('Make-Cir', 'Make-Cir‸'), 'Disc'),
    program.replaceAll('Circle', 'Disc').replace(':Disc', ':Circle'),
  );
  const first = program.replace('radius: Int } Square', 'size: Int } Square');
  const wanted = first.replace('Circle { >radius', 'Circle { >size').replace('Circle-radius', 'Circle-size');
  t.is(renamed(program.replace('{ >rad', '{ >rad‸'), 'size'), wanted);
  t.is(renamed(program.replace('{ rad', '{ rad‸'), 'size'), wanted);
  t.is(renamed(program.replace('Circle-rad', 'Circle-rad‸'), 'size'), wanted);
  t.is(renamed(program.replace('( Sh', '( Sh‸'), 'Form'), program.replaceAll('Shape', 'Form'));
});

test('a name that cannot be is refused', (t) => {
  const { analysis } = at('union U { A } : f ( -- ) ; : main ( -- ) f ;‸');
  const word = { kind: 'word', name: 'f' } as const;
  for (const bad of ['', 'a b', 'then', '12', 'main', '[', '"x"', 'a;'])
    t.truthy(analysis.problemOfName(word, bad), bad);
  t.is(analysis.problemOfName(word, 'g'), undefined);
  t.truthy(analysis.problemOfName({ kind: 'union', name: 'U' }, 'u'));
});

test('the signature is that of the word before the cursor', (t) => {
  t.like(at(': main ( -- ) map.make "a" 1 map.set ‸drop ;').signature(), {
    code: 'map.set ( Map K V -- Map )',
  });
  t.like(at('include "lib/shapes"\n: main ( -- ) Make-Point area 1 ‸drop drop ;').signature(), {
    code: 'area ( Shape -- Int )',
    text: 'The area of a shape,\nroughly.',
  });
  t.is(at(': main ( -- ) 1 ‸').signature(), undefined);
});

test('the outline of a file that does not parse has all its definitions', (t) => {
  for (const broken of ['"open', '[ 1', 'match', ')', 'if 1 else']) {
    const text = `union U { A }\n: first ( -- ) ;\n: broken ( Int -- ) ${broken} ;\n: last ( -- Int ) 1 ;\n‸`;
    const outline = at(text).analysis.outline('main.seq');
    t.deepEqual(
      outline.filter(({ kind }) => kind !== 'variant').map(({ name, line }) => [name, line]),
      [
        ['U', 1],
        ['first', 2],
        ['broken', 3],
        ['last', 4],
      ],
      broken,
    );
  }
});

test('a hint that says what to write can be applied, and mends the program', (t) => {
  const mended = (text: string): string => {
    const [diagnostic] = checkSource({ entry: 'a.seq', files: { 'a.seq': text } });
    const [fix] = fixesOf(diagnostic!);
    if (fix === undefined) return `no fix: ${diagnostic?.hint}`;
    const lines = text.split('\n');
    const line = lines[fix.line - 1]!;
    lines[fix.line - 1] = line.slice(0, fix.column - 1) + fix.text + line.slice(fix.endColumn - 1);
    return lines.join('\n');
  };
  const cases: [string, string][] = [
    [': f ( -- ) 1 dupp 2drop ;', ': f ( -- ) 1 dup 2drop ;'],
    [': f ( -- ) -1 abs drop ;', 'include std:imath\n: f ( -- ) -1 abs drop ;'],
    [': f ( Int Int -- Int ) swap drop ;', ': f ( Int Int -- Int ) nip ;'],
    [': f ( Int -- Int ) dup drop 1 + ;', ': f ( Int -- Int ) 1 + ;'],
    [": f ( -- ) 'text' io.write ;", ': f ( -- ) "text" io.write ;'],
    [': f ( -- Bool ) True ;', ': f ( -- Bool ) true ;'],
    [': f ( int -- Int ) ;', ': f ( Int -- Int ) ;'],
    [
      ': t ( Map -- Int ) "t" map.get [ ] [ drop 0 ] if ;\n: f ( Map Int -- Map ) 1 + "t" map.set ;',
      ': t ( Map -- Int ) "t" map.get [ ] [ drop 0 ] if ;\n: f ( Map Int -- Map ) 1 + "t" swap map.set ;',
    ],
    [': f ( -- ) // note\n1 drop ;', ': f ( -- ) # note\n1 drop ;'],
  ];
  for (const [text, wanted] of cases) {
    t.is(mended(text), wanted);
    t.deepEqual(checkSource({ entry: 'a.seq', files: { 'a.seq': wanted } }), [], wanted);
  }
});
