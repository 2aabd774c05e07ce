// The process of a command: its streams, and its exit status.
import type { Command, Context, Sink } from './command.ts';
import { runCli } from './run-cli.ts';

/** A reader that goes away (`seq-node actors | head -1`) ends the output, not the program with a trace. */
class StandardStream implements Sink {
  readonly #name: 'stdout' | 'stderr';
  #stream: NodeJS.WriteStream | undefined;
  #open = true;

  constructor(name: 'stdout' | 'stderr') {
    this.#name = name;
  }

  /** Opened by the first use, which most commands make of only one of the two. */
  get #opened(): NodeJS.WriteStream {
    if (this.#stream === undefined) {
      this.#stream = process[this.#name];
      this.#stream.on('error', (error: NodeJS.ErrnoException) => {
        this.#open = false;
        if (error.code !== 'EPIPE') process.exitCode = 70;
      });
    }
    return this.#stream;
  }

  write(text: string | Uint8Array): void {
    if (this.#open) this.#opened.write(text);
  }

  get color(): boolean {
    return this.#opened.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  }
}

const context: Context = {
  out: new StandardStream('stdout'),
  err: new StandardStream('stderr'),
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
