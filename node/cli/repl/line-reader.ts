// Lines from a person at a terminal, with editing, history and completion; or from a pipe.
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { makeFolders } from '../../host/make-folders.ts';
import type { Context } from '../command.ts';

/** How many lines of the history a session reads. */
const HISTORY_LINES_MAX = 2000;

export interface LineReaderOptions {
  /** The file of the history; undefined for none. Only a terminal has one. */
  readonly history: string | undefined;
  /** What the part before the cursor may become, and the part that is replaced. */
  complete(before: string): readonly [readonly string[], string];
  /** Ctrl-C. */
  interrupted(): void;
}

export class LineReader {
  readonly terminal: boolean;
  readonly #interface: Interface;
  readonly #history: string | undefined;
  readonly #lines: string[] = [];
  #ended = false;
  #wanted: ((line: string | undefined) => void) | undefined;

  constructor(context: Context, options: LineReaderOptions) {
    this.terminal = context.in === process.stdin && process.stdin.isTTY && process.stdout.isTTY;
    this.#history = this.terminal ? options.history : undefined;
    this.#interface = createInterface({
      input: context.in,
      ...(this.terminal ? { output: process.stdout } : {}),
      terminal: this.terminal,
      completer: (line: string) => options.complete(line),
      history: this.#history === undefined ? [] : readHistory(this.#history),
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
    });
    this.#interface.on('line', (line) => this.#give(line));
    this.#interface.on('close', () => {
      this.#ended = true;
      this.#wanted?.(undefined);
    });
    this.#interface.on('SIGINT', () => options.interrupted());
  }

  /** The next line without its end; undefined at the end of the input. */
  next(prompt: string): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended) return Promise.resolve(undefined);
    if (this.terminal) {
      this.#interface.setPrompt(prompt);
      this.#interface.prompt();
    }
    return new Promise((resolve) => {
      this.#wanted = (given) => {
        this.#wanted = undefined;
        resolve(given);
      };
    });
  }

  /** Forgets what is typed on the present line, and lets `next` give an empty one. */
  drop(): void {
    this.#interface.write(null, { ctrl: true, name: 'e' });
    this.#interface.write(null, { ctrl: true, name: 'u' });
    process.stdout.write('\n');
    this.#wanted?.('');
  }

  /** Keeps an entry for later sessions. A history that cannot be written is no reason to stop. */
  remember(entry: string): void {
    if (this.#history === undefined || entry.trim() === '') return;
    try {
      makeFolders(dirname(this.#history), 0o700);
      appendFileSync(this.#history, `${entry}\n`, { mode: 0o600 });
    } catch {
      // A full disk or a folder of somebody else's.
    }
  }

  close(): void {
    this.#interface.close();
  }

  #give(line: string): void {
    if (this.#wanted === undefined) this.#lines.push(line);
    else this.#wanted(line);
  }
}

/** The newest first, as readline wants it. */
function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.slice(-HISTORY_LINES_MAX).reverse();
  } catch {
    return [];
  }
}
