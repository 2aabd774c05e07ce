// The command `seq-node`, which bin/seq-node.cjs starts.
import { runProcess } from './command-process.ts';
import { COMMANDS } from './commands.ts';

runProcess(COMMANDS);
