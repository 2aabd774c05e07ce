// Words that can take very long are paid for before they begin, in either form of a program.
import test from 'ava';
import { SeqMap } from '../base/value.ts';
import { compileProgram, type TurnHost } from './index.ts';
import { runTurn } from './testing/run-turn.ts';

const DOUBLED = `: doubled ( String Int -- String )
  dup 0 = [ drop ] [ swap dup string.concat swap 1 - doubled ] if ;`;
const COSTLY: readonly string[] = [
  '"p" "s" 4000000 crypto.pbkdf2-sha256 drop drop',
  '"0123456789abcdef" 20 doubled compress.gzip drop drop',
  '"0123456789abcdef" 15 doubled 22 compress.zstd-level drop drop',
  '"0123456789abcdef" 20 doubled "[0-9]+x" regex.match? drop',
  '"[0,0,0,0,0,0,0,0" 20 doubled json-parse drop drop',
  '"a: bcdefghijklmn" 16 doubled yaml-parse drop drop',
];
const REDUCTIONS = 1_000_000;

for (const costly of COSTLY)
  test(costly, (t) => {
    // The word is reached: what comes before it is paid easily.
    const text = `include std:json include std:yaml ${DOUBLED}
      : costly ( -- ) ${costly} ; : handle ( Map Int -- Map ) drop "reached" io.write costly "over" io.write ;`;
    const compiled = compileProgram({ entry: 'a.seq', files: { 'a.seq': text } });
    if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join('\n'));
    const behaviour = compiled.program.behaviourOf('handle')!;
    const written: string[] = [];
    const host = { write: (out: string) => written.push(out) } as unknown as TurnHost;
    t.deepEqual(runTurn(behaviour, SeqMap.empty, 1, host, REDUCTIONS), { kind: 'exhausted' });
    const run = behaviour.start(SeqMap.empty, 1, host, REDUCTIONS);
    let result = run.resume(1000);
    while (result.kind === 'running') result = run.resume(1000);
    t.deepEqual(result, { kind: 'exhausted' });
    t.deepEqual(written, ['reached', 'reached']);
  });
