// Random programs of strands, channels and weaves do in both forms what their model does.
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../base/random.ts';
import { compileProgram, formatDiagnostic, type ScriptHost, type ScriptResult } from './index.ts';
import { StrandsGenerator } from './testing/random-strands.ts';
import { runSliced } from './testing/run-sliced.ts';

test('random strands', (t) => {
  let deadlocks = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const { text, expected } = new StrandsGenerator(() => random.fraction()).program();
      const compiled = compileProgram({ entry: 'random.seq', files: { 'random.seq': text } });
      if (!compiled.ok) throw new Error(`${compiled.diagnostics.map(formatDiagnostic).join('\n')}\n${text}`);
      const wanted = expected();
      if (wanted.deadlock) deadlocks++;
      const runs: ((host: ScriptHost) => ScriptResult)[] = [
        (host) => compiled.program.runMain(host, [], 1e7),
        (host) => runSliced(compiled.program.startMain(host, [], 1e7), () => 2),
        (host) => runSliced(compiled.program.startMain(host, [], 1e7), () => 1e6),
      ];
      for (const run of runs) {
        let output = '';
        const result = run({ write: (out) => (output += out), nowMillis: () => 0, random: () => 0 });
        const ending = result.kind === 'fault' ? result.code : result.kind;
        if (output !== wanted.output || ending !== (wanted.deadlock ? 'deadlock' : 'done'))
          throw new Error(`${ending} after\n${output}instead of\n${wanted.output}${text}`);
      }
    }),
    { numRuns: 300 },
  );
  // Both endings must have been seen.
  t.true(deadlocks > 10 && deadlocks < 290, `${deadlocks} of 300 ended in a deadlock`);
});
