// A script can wait for its host: see ScriptRun. The words here stand for those that a host brings.
import test from 'ava';
import { SeqMap, Variant } from '../base/value.ts';
import { BUILTIN_ROWS } from './builtins/index.ts';
import { type BuiltinRow, tableOf } from './builtins/table.ts';
import { checkProgram } from './check/program.ts';
import { Fault } from './fault.ts';
import { resolveBundle } from './include.ts';
import type { ScriptHost, ScriptRun, TurnHost } from './index.ts';
import { mixed } from './lines/vocabulary.ts';
import { RunnableProgram } from './run/program.ts';
import { runTurn } from './testing/run-turn.ts';

/** Requests that were made, in order, and how to settle them. */
class Outside {
  readonly requests: { name: string; resolve: (n: number) => void; reject: (error: unknown) => void }[] = [];

  readonly rows: readonly BuiltinRow[] = [
    {
      name: 'request',
      effect: '( String -- Int )',
      suspends: (context, name) =>
        context.strands!.waitFor(
          new Promise<number>((resolve, reject) => {
            this.requests.push({ name: String(name), resolve, reject });
          }),
          (n) => {
            if (n < 0) throw new Fault('bad-argument', 'negative');
            return n;
          },
        ),
    },
  ];

  program(text: string): RunnableProgram {
    const resolved = resolveBundle({ entry: 'a.seq', files: { 'a.seq': text } });
    const checked = checkProgram(
      resolved.files,
      () => mixed(tableOf([...BUILTIN_ROWS, ...this.rows])),
      resolved.modules,
    );
    if (checked.diagnostics.length > 0) throw new Error(JSON.stringify(checked.diagnostics));
    return new RunnableProgram(checked, {});
  }
}

function writer() {
  const host = {
    written: '',
    write: (text: string | Uint8Array) => {
      host.written += text;
    },
    nowMillis: () => 0,
    random: () => 0,
  };
  return host satisfies ScriptHost;
}

const ready = (run: ScriptRun): Promise<void> => {
  const result = run.resume(1e9);
  if (result.kind !== 'waiting') throw new Error(result.kind);
  return new Promise((resolve) => result.whenReady(resolve));
};

const PROGRAM = `
  : fetch ( String -- ) dup request int->string string.concat io.write-line ;
  : main ( -- ) "a" [ fetch ] strand.spawn drop drop "b" fetch "end" io.write-line ;`;

test('strands wait for the host side by side', async (t) => {
  const outside = new Outside();
  const host = writer();
  const run = outside.program(PROGRAM).launch('main', host, []);
  const first = ready(run);
  t.deepEqual(
    outside.requests.map(({ name }) => name),
    ['b', 'a'],
  );
  outside.requests[1]!.resolve(1);
  await first;
  const second = ready(run);
  t.is(host.written, 'a1\n');
  outside.requests[0]!.resolve(2);
  await second;
  t.like(run.resume(1), { kind: 'done' });
  t.is(host.written, 'a1\nb2\nend\n');
});

test('a wait that fails is a fault at the word that waited', async (t) => {
  for (const fail of [
    ({ reject }: Outside['requests'][0]) => reject(new Fault('bad-argument', 'negative')),
    ({ resolve }: Outside['requests'][0]) => resolve(-1),
  ]) {
    const outside = new Outside();
    const run = outside.program(PROGRAM).launch('main', writer(), []);
    const waiting = ready(run);
    fail(outside.requests[0]!);
    await waiting;
    const result = run.resume(1);
    t.like(result, { kind: 'fault', code: 'bad-argument', message: 'negative' });
    t.deepEqual(result.kind === 'fault' && result.trace.map(({ word, line }) => [word, line]), [
      ['fetch', 2],
      ['main', 3],
    ]);
  }
});

test('strands that give way to each other let the host in', async (t) => {
  const outside = new Outside();
  const run = outside
    .program(`
      : spin ( Channel -- ) chan.yield spin-until ;
      : spin-until ( Channel -- ) true over chan.send [ spin ] [ drop ] if ;
      : main ( -- ) chan.make [ spin ] strand.spawn drop "a" request drop chan.close ;`)
    .launch('main', writer(), []);
  t.like(run.resume(1), { kind: 'running' });
  outside.requests[0]!.resolve(0);
  await Promise.resolve();
  t.like(run.resume(1), { kind: 'done' });
});

test('a run starts again in the deeper form only if it has heard nothing from outside', async (t) => {
  const outside = new Outside();
  const program = outside.program(`
    : deep ( Int -- Int ) dup 0 i.> [ 1 i.- deep 1 i.+ ] when ;
    : early ( -- ) 100000 deep drop "a" request drop ;
    : late ( -- ) "a" request drop 100000 deep drop ;`);
  for (const [word, wanted] of [
    ['early', 'done'],
    ['late', 'fault'],
  ] as const) {
    const run = program.launch(word, writer(), []);
    const waiting = ready(run);
    outside.requests.at(-1)!.resolve(0);
    await waiting;
    t.is(run.resume(1e9).kind, wanted);
  }
});

test('what cannot wait ends as a fault', (t) => {
  const program = new Outside().program(`
    : main ( -- ) "a" request drop ;
    : waits ( Map Variant -- Map ) drop "a" request drop ;`);
  t.like(program.runMain(writer(), []), { kind: 'fault', code: 'must-wait' });
  const turn = { ...writer(), spawn: () => '' } as unknown as TurnHost;
  const result = runTurn(program.behaviourOf('waits')!, SeqMap.empty, new Variant('Go', []), turn, 1000);
  t.like(result, { kind: 'fault', code: 'not-in-script' });
});
