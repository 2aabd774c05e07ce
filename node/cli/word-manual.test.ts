// Carries out the example of every word of the language, with the real world around it, and compares what it
// leaves. With WRITE=1 in the environment it prints what it finds instead.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { moduleHash } from '../base/ids.ts';
import { formatNotation } from '../base/notation.ts';
import { type Data, SeqMap } from '../base/value.ts';
import { BUILTIN_ROWS, BUILTINS } from '../seq/builtins/index.ts';
import { MODULE_NAMES } from '../seq/include.ts';
import { compileProgram, type TurnHost } from '../seq/index.ts';
import { MIXED } from '../seq/lines/releases.ts';
import { type ManualEntry, manual, manualOf, turnAround } from '../seq/manual/index.ts';
import { Session, type SessionResult, showItem } from '../seq/session/session.ts';
import { wordReference } from '../seq/word-reference.ts';
import { ScriptWorld } from './script-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'seq-manual-'));
const before = process.cwd();
process.chdir(folder);
test.after.always(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** Somebody has typed a line. */
class TypedWorld extends ScriptWorld {
  readonly #typed = new TextEncoder().encode('typed\n');
  override readLine(): Uint8Array {
    return this.#typed;
  }
  override async readInput(length: number): Promise<Uint8Array> {
    return this.#typed.slice(0, length);
  }
  override async pollInput(): Promise<number | undefined> {
    return this.#typed[0];
  }
}

/** What an example leaves, as its entry says it. */
async function carriedOut(example: string): Promise<string> {
  let written = '';
  const world = new TypedWorld();
  const host = {
    write: (text: string | Uint8Array) => (written += text),
    nowMillis: () => Date.now(),
    random: () => Math.random(),
    world,
  };
  const session = new Session({ read: (entry, text) => ({ entry, files: { [entry]: text } }), line: MIXED });
  session.enter(MODULE_NAMES.map((name) => `include std:${name}`).join('\n'), host);
  const entered = session.enter(example, host);
  if (entered.kind === 'refused') return `refused: ${entered.diagnostics[0]!.message}`;
  let result: SessionResult = { kind: 'done' };
  for (let run = entered.run; run !== undefined; ) {
    const state = run.resume(1_000_000);
    if (state.kind === 'waiting') await new Promise<void>((ready) => state.whenReady(ready));
    else if (state.kind === 'running') await new Promise<void>((next) => setImmediate(next));
    else {
      result = state;
      run = undefined;
    }
  }
  world.close();
  const end =
    result.kind === 'done'
      ? ''
      : result.kind === 'exit'
        ? `exits ${result.code}`
        : `fails ${JSON.stringify(result)}`;
  const prints = written === '' ? '' : `prints ${JSON.stringify(written)}`;
  return [prints, end, ...session.stack.map(showItem)].filter((part) => part !== '').join(' ') || 'nothing';
}

/** What an example asks of its turn, and the state that it leaves. */
function turned(example: string): string {
  const compiled = compileProgram(
    { entry: 'a.seq', files: { 'a.seq': turnAround(example) } },
    { moduleHash: moduleHash('ab'.repeat(32)) },
  );
  if (!compiled.ok) return `refused: ${compiled.diagnostics[0]!.message}`;
  const calls: string[] = [];
  const note = (...words: readonly string[]) => calls.push(words.join(' '));
  const say = (value: Data) => formatNotation(value);
  const host: TurnHost = {
    write: () => {},
    nowMillis: () => 0,
    random: () => 0,
    spawn(behaviour, place) {
      const where = 'path' in place ? place.path : 'name' in place ? place.name : '';
      note('spawns', 'word' in behaviour.target ? behaviour.target.word : '', where);
      return where === '' ? 'new' : where;
    },
    send: (to, message) => note('sends', to, say(message)),
    ask(to, message) {
      note('asks', to, say(message));
      return { answered: 'welcome' };
    },
    whereis: (name) => {
      note('looks up', name);
      return { answered: `/name/${name}` };
    },
    reply: (response) => note('replies', say(response)),
    self: () => '/user/me',
    sender: () => '/user/sender',
    stop: (actor) => note('stops', actor),
    state: () => SeqMap.empty as SeqMap,
    append: (event) => note('appends', say(event)),
    stash: () => note('stashes'),
    subscribe: (prefix: string) => note(`subscribes to ${prefix}`),
    unsubscribe: (prefix: string) => note(`ends subscription to ${prefix}`),
    unstashAll: () => note('takes all out of the stash'),
    become: (behaviour) => note('becomes', 'word' in behaviour.target ? behaviour.target.word : ''),
    watch: (actor) => note('watches', actor),
    unwatch: (actor) => note('unwatches', actor),
    link: (actor) => note('links', actor),
    unlink: (actor) => note('unlinks', actor),
    sendAfter(to, message, delay) {
      note('sends', to, say(message), 'after', String(delay), 'ms');
      return 'timer';
    },
    sendEvery(to, message, period, missed) {
      note('sends', to, say(message), 'every', String(period), 'ms,', 'missed', missed);
      return 'timer';
    },
    cancelTimer: (timer) => note('cancels', timer),
  };
  const left = compiled.program.behaviourOf('example')!.run(SeqMap.empty as SeqMap, 0, host, 1_000_000);
  if (!(left instanceof SeqMap)) return JSON.stringify(left);
  if (left.size > 0) note('state', formatNotation(left));
  return calls.map((call) => call.trim()).join('; ') || 'nothing';
}

const found = ({ example, turn }: ManualEntry) => (turn ? turned(example) : carriedOut(example));

for (const entry of manual().values())
  test(`${entry.name}: ${entry.example}`, async (t) => {
    const leaves = await found(entry);
    if (process.env.WRITE === '1') console.log(`@@${JSON.stringify([entry.example, leaves])}`);
    t.is(leaves, entry.leaves);
  });

test('every word, operator and keyword is in the manual, and the manual has no other', (t) => {
  const lacking = BUILTIN_ROWS.filter(({ name }) => manualOf(name) === undefined).map(({ name }) => name);
  t.deepEqual(lacking, []);
  const operators = '+ - * / % = < > <= >= <>'.split(' ');
  for (const name of [...operators, ...'if else then match end union include true false'.split(' ')])
    t.truthy(manualOf(name), name);
  const others = [...manual().values()]
    .filter(({ name, keyword }) => !keyword && !BUILTINS.has(name) && !operators.includes(name))
    .map(({ name }) => name);
  t.deepEqual(others, []);
});

test('a sentence ends with a full stop, and is in the reference', (t) => {
  const reference = wordReference();
  for (const { name, sentence } of manual().values()) {
    t.regex(sentence, /^.{8,}\.$/, name);
    t.true(reference.includes(sentence.replaceAll('|', '\\|')), name);
  }
});
