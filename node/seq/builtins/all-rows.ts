// The rows of all builtin words. What only runs programs needs no more of them.

import { dataWords } from '../words/index.ts';
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

export const BUILTIN_ROWS: readonly BuiltinRow[] = [
  ...stackWords,
  ...controlWords,
  ...higherOrderWords,
  // The checker resolves operators by the types of their operands.
  ...dataWords.filter(({ name }) => !isSugar(name)),
  ...ioWords,
  ...fileWords,
  ...osWords,
  ...terminalAndSignalWords,
  ...randomWords,
  ...netWords,
  ...testWords,
  ...actorWords,
  ...supervisorWords,
  ...concurrencyWords,
];
