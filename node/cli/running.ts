// Running a program outside of a node.

import { SeqNodeError } from '../base/errors.ts';
import type { Text } from '../base/value.ts';
import type { Program, ScriptHost, ScriptResult, ScriptRun } from '../seq/index.ts';
import type { Sink } from './command.ts';
import { ScriptWorld } from './script-world.ts';

/**
 * Runs `main`, or another word of effect `( -- )`, to its end. The run gives up after `reductions`
 * reductions, if that is given; and where its output is lost the process ends, because a program that never
 * waits hears of nothing else.
 */
export async function runScript(
  program: Pick<Program, 'launch'>,
  word: string,
  out: Pick<Sink, 'write' | 'lost'>,
  args: readonly Text[] = [],
  reductions?: number,
): Promise<ScriptResult> {
  const world = new ScriptWorld();
  const host: ScriptHost = {
    write: (text) => {
      out.write(text);
      if (out.lost === undefined) return;
      world.close();
      process.exit(out.lost);
    },
    nowMillis: () => Date.now(),
    random: () => Math.random(),
    world,
  };
  try {
    return await runToEnd(program.launch(word, host, args, reductions));
  } finally {
    world.close();
  }
}

/** In between, whatever the run waits for can come in. */
async function runToEnd(run: ScriptRun): Promise<ScriptResult> {
  for (;;) {
    const result = run.resume(Number.MAX_SAFE_INTEGER);
    if (result.kind === 'waiting') await new Promise<void>((ready) => result.whenReady(ready));
    else if (result.kind === 'running') await new Promise<void>((next) => setImmediate(next));
    else return result;
  }
}

/** Why a run did not come to its end. */
export function faultError(result: Exclude<ScriptResult, { readonly kind: 'done' }>): SeqNodeError {
  switch (result.kind) {
    case 'fault':
      return new SeqNodeError('turn-failed', `${result.message} (${result.code})`, {
        code: result.code,
        trace: result.trace.map(({ word, file, line, column }) => `in ${word} at ${file}:${line}:${column}`),
        next:
          result.trace.length === 0
            ? 'Correct the program, and run it again.'
            : 'Correct the program at the first position, or at one that led there, and run it again.',
      });
    case 'exhausted':
      return new SeqNodeError('turn-failed', 'The program took more reductions than it may.', {
        next: 'Look for a word that calls itself for ever, or allow more with --reductions.',
      });
    case 'awaiting':
      return new SeqNodeError('turn-failed', 'The program waits for an actor, and a script has none.', {
        next: 'Call the word in a behaviour, and start that with seq-node spawn, or try it in seq-node repl.',
      });
  }
}
