// The node's log on standard error: lines for people, or one JSON object a line.
import type { Config } from '../host/config.ts';
import type { Logger, LogLevel } from '../host/logger.ts';
import type { Sink } from './command.ts';
import { printable } from './output.ts';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const COLORS: Readonly<Record<LogLevel, string>> = { debug: '2', info: '32', warn: '33', error: '31' };

type Fields = NonNullable<Parameters<Logger['log']>[2]>;

export function createLogger(
  { level, format }: Config['log'],
  err: Sink,
  now: () => Date = () => new Date(),
): Logger {
  const least = RANK[level];
  const line = format === 'json' ? jsonLine : textLine;
  return {
    log: (each, event, fields = {}) => {
      if (RANK[each] >= least) err.write(line(now(), each, event, fields, err.color));
    },
  };
}

function jsonLine(now: Date, level: LogLevel, event: string, fields: Fields): string {
  return `${JSON.stringify({ time: now.toISOString(), level, event, ...fields })}\n`;
}

function textLine(now: Date, level: LogLevel, event: string, fields: Fields, color: boolean): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const label = color ? `\u001b[${COLORS[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
  return `${[now.toISOString(), label, event, ...shown].join(' ')}\n`;
}

/** Quoted when it would not read as one word. A stack keeps its lines. */
function fieldText(value: Fields[string]): string {
  if (typeof value !== 'string') return String(value);
  if (value.includes('\n')) return `\n    ${printable(value).split('\n').join('\n    ')}`;
  return /^[^\s"=]+$/.test(value) ? printable(value) : printable(JSON.stringify(value));
}
