// Holds editors/seq.tmLanguage.json to the lexer: what it colours as what, over the corpus and the examples.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';
import { Source } from '../syntax/diagnostic.ts';
import { type Token, tokenize } from '../syntax/lexer.ts';
import { numberLiteral } from '../syntax/literal.ts';
import { parseFile } from '../syntax/parser.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');
await oniguruma.loadWASM(readFileSync(wasm));
const grammarFile = join(root, 'editors', 'seq.tmLanguage.json');
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text: string) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammarFile, 'utf8'), grammarFile),
});
const grammar = (await registry.loadGrammar('source.seq'))!;

/** For each line its coloured parts. */
function scopesOf(text: string) {
  let state = textmate.INITIAL;
  return text.split('\n').map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return tokens;
  });
}

/** The scopes at a place, outermost first. */
function at(lines: ReturnType<typeof scopesOf>, line: number, column: number): string {
  const found = lines[line - 1]!.find(
    ({ startIndex, endIndex }) => startIndex < column && column <= endIndex,
  );
  return (found?.scopes ?? []).join(' ');
}

const programs = [join(root, 'node', 'seq', 'corpus'), join(root, 'examples')]
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => file.endsWith('.seq'))
  .map((file) => [file, readFileSync(file, 'utf8')] as const)
  .filter(([file, text]) => parseFile(new Source(file, text)).diagnostics.length === 0);

/** What a token must be coloured as; undefined where anything goes. */
function wanted(token: Token, before: Token | undefined): string | undefined {
  if (token.kind === 'string') return 'string.quoted.double';
  if (token.kind !== 'name') return undefined;
  const joined = before?.text === ':' && before.endColumn === token.column && before.line === token.line;
  if (joined) return undefined;
  if (numberLiteral(token) !== undefined) return 'constant.numeric';
  if (token.text === 'true' || token.text === 'false') return 'constant.language';
  if (token.text === 'union') return 'storage.type.union';
  if (token.text === 'include') return 'keyword.control.import';
  if (['if', 'else', 'then', 'match', 'end', '->'].includes(token.text)) return 'keyword.control';
  return undefined;
}

test('tokens of every program that parses have the colours of their kind', (t) => {
  t.true(programs.length > 60);
  for (const [file, text] of programs) {
    const source = new Source(file, text);
    const lines = scopesOf(text);
    const { tokens } = tokenize(source);
    tokens.forEach((token, i) => {
      const scopes = at(lines, token.line, token.column);
      const place = `${file}:${token.line}:${token.column} ${token.text} is ${scopes}`;
      const scope = wanted(token, tokens[i - 1]);
      if (scope !== undefined) t.true(scopes.includes(scope), place);
      if (token.kind === 'name') t.false(/string|comment/.test(scopes), place);
    });
    const { words, unions } = parseFile(source).tree;
    for (const { at: name, effect } of words)
      t.true(
        effect === undefined || at(lines, name.line, name.column).includes('entity.name.function'),
        `${file}:${name.line} word`,
      );
    for (const { at: name } of unions)
      t.true(at(lines, name.line, name.column).includes('entity.name.type'), `${file}:${name.line} union`);
    // Every region was closed: a line behind the last is nothing in particular.
    t.is(at(scopesOf(`${text}\nafter`), text.split('\n').length + 1, 1), 'source.seq', file);
  }
});

test('the parts of a program, by example', (t) => {
  const program = [
    '#!/usr/bin/env seq-node',
    'include std:list',
    'include "file"  # seq:allow(unused)',
    'union Shape { Circle { radius: Int } Point }',
    ': area ( ..a Shape -- ..a Int | Yield Int ) # note',
    '  match Circle { >radius } -> 2 i.* Point -> :sym drop "a\\n\\x41 # : ;" end >aux',
    '; ',
    ': f ( -- ) Make-Circle is-Point? 0xFF -1.5e3 12abc ;',
  ].join('\n');
  const lines = scopesOf(program);
  const scope = (part: string, nth = 0): string => {
    const rows = program.split('\n');
    let left = nth;
    for (const [row, line] of rows.entries()) {
      for (let from = line.indexOf(part); from >= 0; from = line.indexOf(part, from + 1))
        if (left-- === 0)
          return at(lines, row + 1, from + 1)
            .split(' ')
            .at(-1)!;
    }
    throw new Error(`no ${part}`);
  };
  const wantedScopes: readonly (readonly [string, string])[] = [
    ['#!/usr', 'comment.line.number-sign.seq'],
    ['std:list', 'entity.name.namespace.seq'],
    ['seq:allow', 'keyword.other.directive.seq'],
    ['Shape', 'entity.name.type.seq'],
    ['Circle', 'entity.name.type.variant.seq'],
    ['radius', 'variable.other.member.seq'],
    ['Int }', 'support.type.seq'],
    ['Point }', 'entity.name.type.variant.seq'],
    [': area', 'storage.type.function.seq'],
    ['area', 'entity.name.function.seq'],
    ['..a', 'variable.parameter.row.seq'],
    ['-- ..a', 'keyword.operator.effect.seq'],
    ['Yield', 'storage.type.seq'],
    ['# note', 'comment.line.number-sign.seq'],
    ['match', 'keyword.control.seq'],
    ['>radius', 'variable.other.member.seq'],
    ['i.*', 'keyword.operator.seq'],
    [':sym', 'constant.other.symbol.seq'],
    ['\\n', 'constant.character.escape.seq'],
    ['\\x41', 'constant.character.escape.seq'],
    ['# : ;', 'string.quoted.double.seq'],
    ['>aux', 'support.function.stack.seq'],
    ['Make-Circle', 'support.function.union.seq'],
    ['is-Point?', 'support.function.union.seq'],
    ['0xFF', 'constant.numeric.seq'],
    ['-1.5e3', 'constant.numeric.seq'],
  ];
  for (const [part, name] of wantedScopes) t.is(scope(part), name, part);
  t.false(scope('12abc').startsWith('constant'));
});
