// What each word of the language does, with an example that a test carries out: what `seq-node doc`, editors
// and docs/LANGUAGE.md say. The tables hold three lines for each: its name, one sentence with the units, and
// an example with what that leaves, bottom to top, behind the arrow. Loaded only by what shows them.
import { BUILTINS } from '../builtins/index.ts';
import { ACTORS, STRANDS, TESTS } from './actors.ts';
import { LISTS, MAPS, VARIANTS, ZIPPERS } from './collections.ts';
import { HTTP_TEXTS, JSON_WORDS, ONLY_JSON, ONLY_YAML, SON } from './formats.ts';
import { KEYWORDS, STACK } from './language.ts';
import { FLOATS, INTEGERS, OPERATORS } from './numbers.ts';
import { FILES, NETWORK, OUTPUT, SIGNALS } from './system.ts';
import { ENCODINGS, SECRETS, STRINGS } from './texts.ts';

export interface ManualEntry {
  readonly name: string;
  /** One or two sentences, with units. */
  readonly sentence: string;
  readonly example: string;
  /** What the example leaves on an empty stack, and what it prints, as a person reads it. */
  readonly leaves: string;
  /** Of a sign, word or type that the parser or the checker knows: there is no effect. */
  readonly keyword: boolean;
  /** The example is the body of a turn, with the state below: see `turnAround`. */
  readonly turn: boolean;
}

function read(table: string, of: Partial<ManualEntry> = {}): ManualEntry[] {
  const lines = table.trim().split('\n');
  const entries: ManualEntry[] = [];
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [example = '', leaves = ''] = lines[at + 2]!.trim().split(' → ');
    const sentence = lines[at + 1]!.trim();
    entries.push({ name: lines[at]!, sentence, example, leaves, keyword: false, turn: false, ...of });
  }
  return entries;
}

const VARIANT_FIELDS_MAX = 12;

function constructors(): ManualEntry[] {
  return Array.from({ length: VARIANT_FIELDS_MAX + 1 }, (_, count) => {
    const fields = Array.from({ length: count }, (__, i) => String(i + 1));
    const [name, many] = [`variant.make-${count}`, count === 1 ? 'one field' : `${count} fields`];
    return {
      name,
      sentence: `A variant of a tag, the top, and ${count === 0 ? 'no fields' : many}.`,
      example: [...fields, ':Tag', name].join(' '),
      leaves: `(${['Tag', ...fields].join(' ')})`,
      keyword: false,
      turn: false,
    };
  });
}

const SIGNAL_MEANINGS: Readonly<Record<string, string>> = {
  SIGINT: 'an interrupt from the terminal, Ctrl-C',
  SIGTERM: 'a request to end',
  SIGHUP: 'the terminal is gone',
  SIGPIPE: 'a write to a reader that is gone',
  SIGUSR1: 'for programs to agree on',
  SIGUSR2: 'for programs to agree on',
  SIGCHLD: 'a process that was started has ended',
  SIGALRM: 'a timer has run out',
  SIGCONT: 'go on after a stop',
};

const signals = (): ManualEntry[] =>
  Object.entries(SIGNAL_MEANINGS).map(([signal, meaning]) => ({
    name: `signal.${signal}`,
    sentence: `The number of the signal ${signal}: ${meaning}.`,
    example: `signal.${signal} 0 >`,
    leaves: 'true',
    keyword: false,
    turn: false,
  }));

const yamlOf = (entry: ManualEntry): ManualEntry => ({
  ...entry,
  name: entry.name.replace('json-', 'yaml-'),
  example: entry.example.replaceAll('json-', 'yaml-'),
});

/** The words of sockets as they were before 7.0. */
const older = ({ name, example, leaves }: ManualEntry): ManualEntry => {
  const before = name.slice('net.'.length);
  return {
    name: before,
    sentence: `As ${name}, before 7.0: a socket passes for an Int.`,
    example: example.replace(name, before),
    leaves,
    keyword: false,
    turn: false,
  };
};

function all(): ReadonlyMap<string, ManualEntry> {
  const network = read(NETWORK);
  const json = read(JSON_WORDS);
  const entries = [
    ...read(KEYWORDS, { keyword: true }),
    ...[STACK, OPERATORS, INTEGERS, FLOATS, STRINGS, ENCODINGS, SECRETS].flatMap((table) => read(table)),
    ...[LISTS, MAPS, VARIANTS, ZIPPERS, SON, ONLY_JSON, ONLY_YAML, HTTP_TEXTS].flatMap((table) =>
      read(table),
    ),
    ...[OUTPUT, FILES, SIGNALS, STRANDS, TESTS].flatMap((table) => read(table)),
    ...read(ACTORS, { turn: true }),
    ...json,
    ...json.map(yamlOf),
    ...network,
    ...network
      .filter(({ name }) => BUILTINS.has(name.slice('net.'.length)) && /\.(tcp|udp)\./.test(name))
      .map(older),
    ...constructors(),
    ...signals(),
  ];
  return new Map(entries.map((entry) => [entry.name, entry]));
}

let known: ReadonlyMap<string, ManualEntry> | undefined;

/** Every entry by its name. */
export function manual(): ReadonlyMap<string, ManualEntry> {
  known ??= all();
  return known;
}

/** What there is to say of a word under any of its names, of an operator, keyword or type. */
export function manualOf(name: string): ManualEntry | undefined {
  const entries = manual();
  const builtin = BUILTINS.get(name);
  const names = builtin === undefined ? [name] : [name, builtin.name, ...(builtin.aliases ?? [])];
  for (const each of names) {
    const entry = entries.get(each);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The program that an example with `turn` is a part of: its behaviour is `example`. */
export const turnAround = (example: string): string =>
  `: greet ( Map M -- Map ) drop ;\n: example ( Map M -- Map ) drop ${example} ;\n`;
