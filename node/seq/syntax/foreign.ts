// What other languages have, and what Seq has instead. Looked at only where a name means nothing in a
// program.

export interface Foreign {
  readonly message: string;
  readonly hint: string;
}

const LOOP = 'Repeat with 3 [ … ] times, go through a list with list.each, or let a word call itself last.';
const VARIABLE =
  'Values lie on the stack: move them with dup, swap, over and rot, or put one aside with >aux and take it back with aux>.';
const DEFINE =
  'Define a word as in : double ( Int -- Int ) 2 * ; and write code as a value in brackets, [ 2 * ].';
const PRINT =
  'Write a String with io.write-line, as in "text" io.write-line, and an Int with int->string before it.';
const UNION = 'Define a union, as in union Shape { Circle { radius: Int } Point }, or use a Map.';
const INCLUDE = 'Write include std:list for a module, include "path/file" for a file of the program.';
const CHOICE =
  'Write c [ yes ] [ no ] if for two cases, cond for several, match for the variants of a union.';
const NOTHING = 'Words that may have nothing leave a Bool on top; a union may have a variant for it.';
const FAILURE = 'Words that can fail leave a Bool on top: branch on it, as in [ … ] [ drop … ] if.';
const COMMENT = 'Write # and the comment, to the end of the line.';

const HINTS: readonly (readonly [names: string, hint: string])[] = [
  ['for foreach forEach while until do loop repeat each LOOP +loop', LOOP],
  ['let var const val mut local := variable set! @ !', VARIABLE],
  ['fn def fun func function defun defn define lambda sub proc =>', DEFINE],
  ['print println puts echo printf putStrLn console.log write display say . .s cr', PRINT],
  ['emit', 'Write char->string io.write: the text of one character.'],
  ['self recurse RECURSE myself', 'A word calls itself by its own name.'],
  ['return', 'A word leaves what lies on the stack when it ends: leave return out, and branch with if.'],
  ['elif elsif elseif', `${CHOICE} A condition within else has an if and then of its own.`],
  ['switch case when? of', CHOICE],
  ['struct class enum record data type interface trait', UNION],
  ['import require use using from #include', INCLUDE],
  ['null nil NULL undefined none', NOTHING],
  ['try catch throw raise except panic unwrap', FAILURE],
  ['break continue goto', `${LOOP} It goes on only where it calls itself.`],
  [
    'async await go',
    'Start a strand with [ … ] strand.spawn, and pass values through a channel with chan.send.',
  ],
  ['== === eq?', 'Compare with = ; a word stands behind what it takes, as in 1 2 = .'],
  ['!= !== /= =/= ~=', 'Write <> for numbers; for all else = not .'],
  ['&& and?', 'Write and behind both Bools, as in a b and .'],
  ['|| or?', 'Write or behind both Bools, as in a b or .'],
  ['++', 'Write 1 + .'],
  ['+= -= *= /=', `${VARIABLE} Write what it is computed from, then the operator.`],
  ['True TRUE', 'Write true.'],
  ['False FALSE', 'Write false.'],
  ['// /* */ -- ; \\ ( rem REM', COMMENT],
  ['begin BEGIN', LOOP],
];
const hintOf = (name: string): string | undefined =>
  HINTS.find(([names]) => names.split(' ').includes(name))?.[1];

/** What to say of a name that Seq does not have, if another language does. */
export function foreign(name: string): Foreign | undefined {
  const [first = ''] = name;
  if (`'\`“”‘’«»`.includes(first))
    return { message: 'A String stands in double quotes.', hint: 'Write it as in "text".' };
  if (/^(\/\/|\/\*)/.test(name)) return { message: 'A comment begins with #.', hint: COMMENT };
  const hint = hintOf(name);
  if (hint === undefined) return undefined;
  if (hint === COMMENT) return { message: 'A comment begins with #.', hint };
  return { message: /\w/.test(name) ? `Seq has no ${name}.` : `${name} is no word of Seq.`, hint };
}
