// `seq-node run` of a program that was kept: as main-script.ts, without all that compiles.
import type { PreparedProgram } from '../seq/prepared/prepared-program.ts';
import { groupsOf, revive } from '../seq/prepared/revive.ts';
import { rowsOf } from './builtin-rows.ts';
import { runProcess } from './command-process.ts';
import { runCommand } from './run-command.ts';

export function runKept(prepared: PreparedProgram): void {
  const run = runCommand(async () => ({ program: revive(prepared, await rowsOf(groupsOf(prepared))) }));
  runProcess({ commandsFor: async () => [run] });
}
