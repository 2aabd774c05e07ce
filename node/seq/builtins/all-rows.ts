// The rows of all builtin words.

import { DATA_ROWS } from '../words/index.ts';
import { actorWords } from './actor.ts';
import { concurrencyWords } from './concurrency.ts';
import { controlWords } from './control.ts';
import { fileWords } from './files.ts';
import { higherOrderWords } from './higher-order.ts';
import { ioWords } from './io.ts';
import { netWords } from './net.ts';
import { isSugar } from './operators.ts';
import { osWords } from './os.ts';
import { randomWords } from './randomness.ts';
import { stackWords } from './stack.ts';
import { supervisorWords } from './supervisors.ts';
import type { BuiltinRow } from './table.ts';
import { terminalAndSignalWords } from './terminal.ts';
import { testWords } from './test.ts';

/** By the file that they are in. */
export const ROW_GROUPS = {
  stack: stackWords,
  control: controlWords,
  'higher-order': higherOrderWords,
  ...DATA_ROWS,
  io: ioWords,
  files: fileWords,
  os: osWords,
  terminal: terminalAndSignalWords,
  randomness: randomWords,
  net: netWords,
  test: testWords,
  actor: actorWords,
  supervisors: supervisorWords,
  concurrency: concurrencyWords,
} satisfies Readonly<Record<string, readonly BuiltinRow[]>>;

export type RowGroup = keyof typeof ROW_GROUPS;

// The checker resolves operators by the types of their operands.
export const BUILTIN_ROWS: readonly BuiltinRow[] = Object.values<readonly BuiltinRow[]>(ROW_GROUPS)
  .flat()
  .filter(({ name }) => !isSugar(name));
