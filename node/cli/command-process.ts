// The process of a command: its streams, and its exit status.
import type { Command, Context, Sink } from './command.ts';
import { runCli } from './run-cli.ts';

/** A reader that goes away (`seq-node actors | head -1`) ends the output, not the program with a trace. */
function sink(stream: NodeJS.WriteStream): Sink {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    open = false;
    if (error.code !== 'EPIPE') process.exitCode = 70;
  });
  return {
    write: (text) => {
      if (open) stream.write(text);
    },
    color: stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  };
}

const context: Context = {
  out: sink(process.stdout),
  err: sink(process.stderr),
  env: process.env,
  // Opened only by the commands that read it.
  get in() {
    return process.stdin;
  },
};
/** How long the process may linger after its work is done; something forgotten must not keep it. */
const LINGER_MS = 3000;

/** Carries out the command line of this process. `commandsFor` gives the commands that some words may mean. */
export function runProcess(commandsFor: (words: readonly string[]) => Promise<readonly Command[]>): void {
  // A command that never ends by itself, and whose process does, has met a fault.
  process.exitCode = 70;
  void runCli(process.argv.slice(2), commandsFor, context).then((status) => {
    process.exitCode = status;
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
}
