// `seq-node run`, and a file in the place of a command: as main.ts, for the package to have in a file of its
// own. A script then waits for no other command's code, and what Node keeps of compiling it is what scripts
// use.
import { runProcess } from './command-process.ts';
import { run } from './commands/run.ts';

runProcess({ commandsFor: async () => [run] });
