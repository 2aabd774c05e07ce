// Structured log lines of a node. The command line decides where they go and how they look.
import type { Fields } from '../core/types.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * `event` is a stable kebab-case name; what varies stands in `fields`. Never a secret, never a message's
 * content.
 */
export interface Logger {
  log(level: LogLevel, event: string, fields?: Fields): void;
}

export const silentLogger: Logger = { log: () => {} };
