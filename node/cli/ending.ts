// How a running node is told to stop: by a signal once, gracefully; twice, at once. SIGHUP says that the
// terminal is gone; a node that writes to none, as below nohup or a service manager, goes on. (Node resets
// what nohup does, to ignore the signal.)

import { isatty } from 'node:tty';
import type { Context } from './command.ts';
import { remark } from './output.ts';

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

/**
 * A terminal sends Ctrl-C to every process in front of it, and a parent such as npm passes its own on: one
 * press arrives twice. Only what comes later than this is a second wish.
 */
const ECHO_MS = 250;

export class Ending {
  /** Resolves at the first signal. */
  readonly asked: Promise<'asked'>;
  #over = false;
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[] = [];

  constructor(context: Context, hasTerminal = isatty(1) || isatty(2)) {
    const { promise, resolve } = Promise.withResolvers<'asked'>();
    this.asked = promise;
    let first: number | undefined;
    for (const [signal, number] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
      const listener = () => {
        if (signal === 'SIGHUP' && !hasTerminal) return;
        if (first !== undefined) {
          if (performance.now() - first > ECHO_MS) process.exit(128 + number);
          return;
        }
        first = performance.now();
        remark(context, `seq-node: ${signal}: stopping; once more stops at once`);
        this.#over = true;
        resolve('asked');
      };
      process.on(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  get over(): boolean {
    return this.#over;
  }

  dispose() {
    this.#over = true;
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }
}
