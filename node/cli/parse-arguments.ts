// From the words of a command line to a command and its input. Every refusal is `bad-usage` and names the
// word.
import { SeqNodeError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import type { Command, FlagRow, Input } from './command.ts';

export type Parsed =
  | { readonly kind: 'run'; readonly command: Command; readonly input: Input }
  | { readonly kind: 'none' }
  /** `group` is the first word of commands of two. */
  | { readonly kind: 'help'; readonly command: Command | undefined; readonly group?: string }
  | { readonly kind: 'version' };

type FlagValue = string | number | true;

const HELP = new Set(['--help', '-h']);
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws `bad-usage`, with the nearest command or flag where there is one. */
export function parseArguments(words: readonly string[], commands: readonly Command[]): Parsed {
  const [first, second] = words;
  if (first === undefined) return { kind: 'none' };
  if (HELP.has(first)) return { kind: 'help', command: undefined };
  if (first === '--version' || first === '-V') return { kind: 'version' };
  if (first === 'help') {
    const topic = words.slice(1, 3);
    if (topic.length === 1 && isGroup(topic[0]!, commands)) return helpOf(topic[0]!);
    return { kind: 'help', command: topic.length === 0 ? undefined : findCommand(topic, commands).command };
  }
  if (second !== undefined && HELP.has(second) && isGroup(first, commands)) return helpOf(first);
  const { command, length } = findCommand(words, commands);
  return parseCommand(command, words.slice(length));
}

const helpOf = (group: string): Parsed => ({ kind: 'help', command: undefined, group });

/** Whether the word alone is no command, but the first of two. */
const isGroup = (word: string, commands: readonly Command[]) =>
  commands.some(({ name }) => name.startsWith(`${word} `)) && !commands.some(({ name }) => name === word);

/** `length` is how many words its name took. */
function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; length: number } {
  const [first = '', second] = words;
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands.find((each) => each.name === name);
    if (command !== undefined) return { command, length: name.split(' ').length };
  }
  const names = commands.map(({ name }) => name);
  if (isGroup(first, commands)) {
    const within = names.filter((name) => name.startsWith(`${first} `));
    if (second === undefined || second.startsWith('-'))
      throw usage(`${first} needs one of: ${within.map((name) => name.slice(first.length + 1)).join(', ')}.`);
    throw unknown('command', `${first} ${second}`, within);
  }
  throw unknown('command', first, [...new Set(names.flatMap((name) => [name, name.split(' ')[0]!]))]);
}

function parseCommand(command: Command, words: readonly string[]): Parsed {
  const flags = new Map<string, FlagValue[]>();
  const positional: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (command.passThrough && positional.length > 0) {
      positional.push(...words.slice(at));
      break;
    }
    if (word === '--') {
      positional.push(...words.slice(at + 1));
      break;
    }
    if (HELP.has(word)) return { kind: 'help', command };
    if (!isFlag(word)) {
      positional.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const row = command.flags.find((each) => each.name === name);
    if (row === undefined || !word.startsWith('--'))
      throw unknown('flag', equals < 0 ? word : word.slice(0, equals), [
        ...command.flags.map((each) => `--${each.name}`),
        '--help',
      ]);
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    const given = row.type === 'boolean' ? inline : (inline ?? words[++at]);
    const before = flags.get(name) ?? [];
    if (before.length > 0 && !row.many) throw usage(`--${name} is given twice.`);
    flags.set(name, [...before, readFlag(row, given)]);
  }
  checkCount(command, positional);
  return { kind: 'run', command, input: new ParsedInput(command, flags, positional) };
}

/** A word such as `-5` or `-1.5` is a number, not a flag; a lone dash is an argument. */
const isFlag = (word: string) => word.startsWith('-') && word !== '-' && !/^-\.?\d/.test(word);

function readFlag(row: FlagRow, given: string | undefined): FlagValue {
  if (row.type === 'boolean') {
    if (given !== undefined) throw usage(`--${row.name} takes no value.`);
    return true;
  }
  if (given === undefined) throw usage(`--${row.name} needs a value: ${row.value ?? row.type}.`);
  if (row.type === 'text') {
    if (given === '') throw usage(`--${row.name} must not be empty.`);
    return given;
  }
  const value = row.type === 'integer' ? readInteger(given) : readDuration(given);
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = row;
  if (value !== undefined && value >= least && value <= most) return value;
  const kind =
    row.type === 'integer'
      ? `an integer from ${least} to ${most}`
      : value === undefined
        ? 'a duration such as 500ms, 5s, 2m or 1h'
        : `from ${showDuration(least)} to ${showDuration(most)}`;
  throw usage(`--${row.name} must be ${kind}, not ${JSON.stringify(given)}.`);
}

function readInteger(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function readDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * UNITS[match[2]!]! : undefined;
}

/** In the largest unit that leaves no rest, as it would be written. */
function showDuration(ms: number): string {
  const units = Object.entries(UNITS).filter(([, length]) => ms % length === 0);
  const [unit, length] = units.at(-1)!;
  return `${ms / length}${unit}`;
}

function checkCount(command: Command, positional: readonly string[]) {
  const rows = command.arguments;
  const missing = rows.find((row, at) => row.required && positional[at] === undefined);
  if (missing) throw usage(`${command.name} needs ${missing.name}: ${missing.doc}`);
  if (positional.length > rows.length && !rows.at(-1)?.many)
    throw usage(`${command.name} takes no ${JSON.stringify(positional[rows.length])}.`);
}

function usage(sentence: string): SeqNodeError {
  return new SeqNodeError('bad-usage', sentence);
}

function unknown(kind: string, word: string, known: readonly string[]): SeqNodeError {
  const near = nearest(word, known);
  return new SeqNodeError(
    'bad-usage',
    `There is no ${kind} ${word}${near ? `; did you mean ${near}?` : '.'}`,
    {
      ...(near ? { nearest: near } : {}),
    },
  );
}

class ParsedInput implements Input {
  readonly arguments: readonly string[];
  readonly #command: Command;
  readonly #flags: ReadonlyMap<string, readonly FlagValue[]>;

  constructor(
    command: Command,
    flags: ReadonlyMap<string, readonly FlagValue[]>,
    positional: readonly string[],
  ) {
    this.#command = command;
    this.#flags = flags;
    this.arguments = positional;
  }

  boolean(flag: string): boolean {
    return this.#values(flag, 'boolean').length > 0;
  }

  text(flag: string): string | undefined {
    return this.texts(flag)[0];
  }

  texts(flag: string): readonly string[] {
    return this.#values(flag, 'text') as readonly string[];
  }

  integer(flag: string): number | undefined {
    return this.#values(flag, 'integer')[0] as number | undefined;
  }

  duration(flag: string): number | undefined {
    return this.#values(flag, 'duration')[0] as number | undefined;
  }

  #values(flag: string, type: FlagRow['type']): readonly FlagValue[] {
    const row = this.#command.flags.find((each) => each.name === flag);
    if (row?.type !== type) throw new Error(`${this.#command.name} has no ${type} flag --${flag}`);
    return this.#flags.get(flag) ?? [];
  }
}
