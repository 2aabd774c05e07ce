// Random well-typed programs mean in both forms what they mean without the compiler.
import test from 'ava';
import fc from 'fast-check';
import { SeededRandom } from '../base/random.ts';
import { compileProgram, formatDiagnostic, type ScriptHost, type ScriptResult } from './index.ts';
import { ProgramGenerator } from './testing/random-program.ts';
import { runSliced } from './testing/run-sliced.ts';

function written(run: (host: ScriptHost) => ScriptResult): string {
  let text = '';
  const host: ScriptHost = { write: (out) => (text += out), nowMillis: () => 0, random: () => 0 };
  const result = run(host);
  return result.kind === 'done' ? text : `${text}${JSON.stringify(result)}`;
}

test('random programs', (t) => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = new SeededRandom(seed);
      const { text, output } = new ProgramGenerator(() => random.fraction()).program();
      const compiled = compileProgram({ entry: 'random.seq', files: { 'random.seq': text } });
      if (!compiled.ok) throw new Error(`${compiled.diagnostics.map(formatDiagnostic).join('\n')}\n${text}`);
      const wanted = output();
      for (const form of [
        written((host) => compiled.program.runMain(host, [], 1e7)),
        written((host) => runSliced(compiled.program.startMain(host, [], 1e7), () => 3)),
      ])
        if (form !== wanted) throw new Error(`wrote ${form}instead of ${wanted}${text}`);
    }),
    { numRuns: 400 },
  );
  t.pass();
});
