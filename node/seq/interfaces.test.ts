// What programs are said to take and answer, beside what they do answer when they run.
import test from 'ava';
import { compileProgram } from './index.ts';
import type { ProgramInterface } from './program-interface.ts';

function interfaceOf(source: string): ProgramInterface {
  const result = compileProgram({ entry: 'a.seq', files: { 'a.seq': source } });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.program.interface();
}

/** `Tag: answers` of each message of the one behaviour. */
function answersOf(source: string): string[] {
  const [behaviour] = interfaceOf(source).behaviours;
  return behaviour!.messages!.map(
    ({ tag, answers }) => `${tag}: ${answers.map((each) => each.tag ?? each.type).join(' ')}`,
  );
}

const UNIONS = `
union Msg { Deposit { amount: Int } Withdraw { amount: Int } Balance Quiet }
union Reply { Balanced { balance: Int } Rejected { reason: String, balance: Int } }
: balance ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: tell ( Map -- Map ) dup balance Make-Balanced actor.reply ;
`;

test('each message of a match has the answers of its own branch, in words and quotations too', (t) => {
  t.deepEqual(
    answersOf(`${UNIONS}
: withdraw ( Map Int -- Map )
  over balance over i.< [ drop "too low" over balance Make-Rejected actor.reply ] [ drop tell ] if ;
: account ( Map Msg -- Map )
  match
    Deposit { >amount } -> drop tell
    Withdraw { >amount } -> withdraw
    Balance -> dup balance actor.reply
    Quiet ->
  end ;`),
    ['Deposit: Balanced', 'Withdraw: Rejected Balanced', 'Balance: Int', 'Quiet: '],
  );
});

test('a word that is handed the message is looked into; itself, too', (t) => {
  t.deepEqual(
    answersOf(`${UNIONS}
: handle ( Map Msg -- Map ) match Balance -> tell Deposit { >amount } -> actor.reply Withdraw { >amount } -> Make-Deposit handle Quiet -> end ;
: account ( Map Msg -- Map ) handle ;`),
    ['Deposit: Int', 'Withdraw: Balanced Int', 'Balance: Balanced', 'Quiet: '],
  );
});

test('a match on another value of the union narrows nothing', (t) => {
  t.deepEqual(
    answersOf(`${UNIONS}
: account ( Map Msg -- Map )
  drop Make-Quiet match Deposit { >amount } -> actor.reply Withdraw { >amount } -> drop Balance -> Quiet -> tell end ;`),
    ['Deposit: Int Balanced', 'Withdraw: Int Balanced', 'Balance: Int Balanced', 'Quiet: Int Balanced'],
  );
});

test('the unions that messages and answers reach are told, and no others', (t) => {
  const { unions } = interfaceOf(`
union Msg { Ask { of: Inner } }
union Inner { Leaf { value: Int } Tree { left: Inner, right: Inner } }
union Reply { Found { where: List } }
union Unused { Nothing }
: finder ( Map Msg -- Map ) match Ask { >of } -> drop list.make Make-Found actor.reply end ;`);
  t.deepEqual(
    unions.map(({ name }) => name),
    ['Inner', 'Reply'],
  );
});

test('a behaviour without a union takes anything, and any value may be answered', (t) => {
  const { behaviours } = interfaceOf(': echo ( Map Variant -- Map ) actor.reply ;');
  t.deepEqual(behaviours, [{ word: 'echo', messages: undefined }]);
});
