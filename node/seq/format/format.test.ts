// Formatting changes only white space, and only once; what the layout is, by example.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../../base/random.ts';
import { Source } from '../syntax/diagnostic.ts';
import { tokenize } from '../syntax/lexer.ts';
import { parseFile } from '../syntax/parser.ts';
import { ProgramGenerator } from '../testing/random-program.ts';
import { formatSource } from './format.ts';
import { gapsBefore } from './trivia.ts';

const corpus = join(import.meta.dirname, '..', 'corpus');
const examples = join(import.meta.dirname, '..', '..', '..', 'examples');
const programs = [corpus, examples]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => file.endsWith('.seq'))
  .map((file) => readFileSync(file, 'utf8'))
  .filter((text) => parseFile(new Source('program', text)).diagnostics.length === 0);

function formatted(text: string): string {
  const result = formatSource('program.seq', text);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.diagnostics[0])}\n${text}`);
  return result.text;
}

/** Everything that a program says: tokens, comments, and which tokens begin lines. */
function substance(text: string) {
  const { tokens } = tokenize(new Source('program', `${text}\n`));
  const gaps = gapsBefore(`${text}\n`, tokens);
  return {
    tokens: tokens.map(({ kind, text: written }, at) => ({
      kind,
      written,
      begins: gaps[at]!.lines !== undefined && kind !== 'end',
    })),
    comments: gaps.flatMap(({ trailing, lines }) =>
      [trailing?.text, ...(lines ?? [])].filter((comment) => comment !== undefined && comment !== ''),
    ),
  };
}

function holdFormatting(text: string): string | undefined {
  const once = formatted(text);
  if (JSON.stringify(substance(once)) !== JSON.stringify(substance(text)))
    return `changes\n${text}into\n${once}`;
  const twice = formatted(once);
  return twice === once ? undefined : `formats\n${text}as\n${once}and that as\n${twice}`;
}

/** The program with other white space and comments wherever there is white space. */
function shaken(text: string, random: () => number): string {
  const { tokens } = tokenize(new Source('program', text));
  const pick = [
    ' ',
    ' ',
    ' ',
    '  ',
    '\t',
    '\n',
    '\n  ',
    '\r\n',
    '\n\n\n',
    ' # note\n',
    '\n# alone\n',
    '\n\n   # two\n  # lines\n\n',
  ];
  const gap = () => pick[Math.floor(random() * pick.length)]!;
  let shaken = random() < 0.2 ? gap() : '';
  tokens.forEach((token, at) => {
    const next = tokens[at + 1];
    shaken += token.text;
    const touching = next === undefined || (token.line === next.line && token.endColumn === next.column);
    if (!touching || token.kind === 'string') shaken += gap();
  });
  return shaken;
}

test('every program that parses keeps its tokens and comments, and is formatted once and for all', (t) => {
  t.true(programs.length > 60);
  for (const text of programs) t.is(holdFormatting(text), undefined);
});

test('the examples are laid out so already', (t) => {
  for (const name of readdirSync(examples).filter((each) => each.endsWith('.seq'))) {
    const text = readFileSync(join(examples, name), 'utf8');
    t.is(formatted(text), text, name);
  }
});

test('so does every program however its white space and comments stand', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(programs.length), (seed, which) => {
      const random = new SeededRandom(seed);
      const text = programs[which] ?? new ProgramGenerator(() => random.fraction()).program().text;
      const broken = holdFormatting(shaken(text, () => random.fraction()));
      if (broken !== undefined) throw new Error(broken);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('indentation follows what is open, a step for each line that opens something', (t) => {
  t.is(
    formatted(`#!/usr/bin/env seq-node
include std:list


union Shape{Circle{radius:Int}
Point,}
: area(Shape -- Int)
# by cases
match
Circle{>radius}->
dup *
3 *
# nothing to do

Point ->   0
end
;
`),
    `#!/usr/bin/env seq-node
include std:list

union Shape { Circle { radius: Int }
  Point, }
: area ( Shape -- Int )
  # by cases
  match
    Circle { >radius } ->
      dup *
      3 *
    # nothing to do

    Point ->   0
  end
;
`,
  );
  t.is(
    formatted(
      `: f ( Int -- Closure[Int -- Int] )
dup 0 > if
drop [ [ 1 ] [
:sym
] ] call
else
2
then
a [
b
] [
c [
d
] if ] if
; `,
    ),
    `: f ( Int -- Closure[ Int -- Int ] )
  dup 0 > if
    drop [ [ 1 ] [
      :sym
    ] ] call
  else
    2
  then
  a [
    b
  ] [
    c [
      d
  ] if ] if
;
`,
  );
});

test('columns stay: of code, and of comments behind it', (t) => {
  const table = `: f ( Int -- Int )
  [ dup 0 = ]   [ drop 1 ]   # none
  [ true ]      [ ]          # else
  2 cond
  dup   # alone
;
`;
  t.is(formatted(table), table);
  t.is(
    formatted(': f ( -- )\n1 2     # a\n"xx"3   # b\n;'),
    ': f ( -- )\n  1 2      # a\n  "xx" 3   # b\n;\n',
  );
});

test('strings over several lines, blank lines and the end of the file', (t) => {
  t.is(
    formatted('\n\n: f ( -- )\n "a  \n b"   drop\n\n\n\n;  \n\n'),
    ': f ( -- )\n  "a  \n b"   drop\n\n;\n',
  );
  t.is(formatted(''), '');
  t.is(formatted('# only a comment'), '# only a comment\n');
});

test('a program that does not parse is refused with its diagnostics', (t) => {
  const result = formatSource('broken.seq', ': f ( -- ) [ 1 ;');
  t.false(result.ok);
  if (!result.ok) t.is(result.diagnostics[0]?.file, 'broken.seq');
});

test('line ends stay what they are', (t) => {
  const plain = '# A note.\n: f ( -- )\n    1 drop # one\n  "a\nb" drop\n\n\n;\n';
  const laidOut = formatted(plain);
  t.is(formatted(plain.replaceAll('\n', '\r\n')), laidOut.replaceAll('\n', '\r\n'));
  t.is(formatted(laidOut.replaceAll('\n', '\r\n')), laidOut.replaceAll('\n', '\r\n'));
});
