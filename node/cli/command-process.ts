// The process of a command: its streams, and its exit status.
import { writeSync } from 'node:fs';
import { SeqNodeError } from '../base/errors.ts';
import type { Context, Sink } from './command.ts';
import { type CommandSource, printError, runCli } from './run-cli.ts';

/** Something could not be written that somebody may have wanted to read. */
let outputLost = false;
const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** Of a program whose reader went away: that of one that the signal SIGPIPE ends, as shells have it. */
const READER_GONE = 141;

/**
 * A reader that goes away (`seq-node actors | head -1`) ends the output, not the command with a trace. What
 * can be written at once is; the platform's stream, which takes a tenth of a short command's time to make, is
 * for what would have to wait.
 */
class StandardStream implements Sink {
  readonly #name: 'stdout' | 'stderr';
  #stream: NodeJS.WriteStream | undefined;
  #open = true;
  lost: number | undefined;

  constructor(name: 'stdout' | 'stderr') {
    this.#name = name;
  }

  /** Opened by the first use that needs it. */
  get #opened(): NodeJS.WriteStream {
    if (this.#stream === undefined) {
      this.#stream = process[this.#name];
      this.#stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
    }
    return this.#stream;
  }

  write(text: string | Uint8Array): void {
    if (!this.#open) return;
    const rest = this.#stream === undefined ? this.#writeNow(text) : text;
    if (rest.length > 0) this.#opened.write(rest);
  }

  /** Returns what could not be written at once. */
  #writeNow(text: string | Uint8Array): Uint8Array {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(DESCRIPTORS[this.#name], bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return bytes.subarray(written);
      this.#fail(error as NodeJS.ErrnoException);
    }
    return bytes.subarray(bytes.length);
  }

  #fail({ code, message }: NodeJS.ErrnoException): void {
    if (!this.#open) return;
    this.#open = false;
    this.lost = READER_GONE;
    if (code === 'EPIPE') return;
    outputLost = true;
    const error = new SeqNodeError('output-lost', `Standard output cannot be written (${code ?? message}).`);
    this.lost = error.exit;
    process.exitCode = error.exit;
    // Where standard error is lost too, there is nobody left to tell.
    if (this.#name === 'stdout') printError(context, error);
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

/** Carries out the command line of this process. */
export function runProcess(source: CommandSource): void {
  // A command that never ends by itself, and whose process does, has met a fault.
  process.exitCode = 70;
  void runCli(process.argv.slice(2), source, context).then((status) => {
    process.exitCode = outputLost && status === 0 ? 70 : status;
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
}
