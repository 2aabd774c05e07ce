// What may come next on a command line: the answer to the scripts of completion.ts. The first line says
// whether names of files or folders may, too (`files`, `folders`, `none`); a candidate follows on each.
import type { ArgumentRow, Command, Context, FlagRow } from './command.ts';
import { COMMAND_NAMES, commandsFor } from './commands.ts';
import { SHELLS } from './completion.ts';
import { parseArguments } from './parse-arguments.ts';

/** How long a shell waits for a node. */
const NODE_WAIT = '700ms';
const CANDIDATES_MAX = 200;

interface Candidates {
  readonly kind: 'files' | 'folders' | 'none';
  readonly all: readonly string[];
}

const FILES: Candidates = { kind: 'files', all: [] };
const NOTHING: Candidates = { kind: 'none', all: [] };
const among = (all: readonly string[]): Candidates => ({ kind: 'none', all });

/**
 * `words`: those behind `seq-node`, the last being completed; or `--line` and all of the line before the
 * cursor.
 */
export async function complete(words: readonly string[], context: Context): Promise<number> {
  const given = words[0] === '--line' ? wordsOf(words[1] ?? '').slice(1) : words;
  const current = given.at(-1) ?? '';
  const { kind, all } = await candidates(given.slice(0, -1), current, context);
  const fitting = all.filter((each) => each.startsWith(current)).slice(0, CANDIDATES_MAX);
  context.out.write(`${[kind, ...fitting].join('\n')}\n`);
  return 0;
}

/** The words of a line as shells part them; the last is that at its end, and may be empty. */
function wordsOf(line: string): string[] {
  const words = [''];
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    const last = words.length - 1;
    if (quote === '' && /\s/.test(character)) {
      if (words[last] !== '' || /["']/.test(line[at - 1] ?? '')) words.push('');
    } else if (character === '\\' && quote !== "'") words[last] += line[++at] ?? '';
    else if (character === quote) quote = '';
    else if (quote === '' && /["']/.test(character)) quote = character;
    else words[last] += character;
  }
  return words;
}

async function candidates(done: readonly string[], current: string, context: Context): Promise<Candidates> {
  const [first, second] = done;
  if (first === undefined)
    return {
      kind: 'files',
      all: [...new Set(COMMAND_NAMES.map((name) => name.split(' ')[0]!)), '--help', '--version'],
    };
  const seconds = COMMAND_NAMES.filter((name) => name.startsWith(`${first} `)).map(
    (name) => name.split(' ')[1]!,
  );
  const two = second !== undefined && seconds.includes(second);
  const name = two ? `${first} ${second}` : first;
  const command = (await commandsFor(name.split(' '))).find((each) => each.name === name);
  const next = done.length === 1 ? seconds : [];
  if (command === undefined) return COMMAND_NAMES.includes(first) || next.length > 0 ? among(next) : FILES;
  const { kind, all } = await inCommand(command, done.slice(two ? 2 : 1), current, context);
  return { kind, all: [...next, ...all] };
}

async function inCommand(
  command: Command,
  words: readonly string[],
  current: string,
  context: Context,
): Promise<Candidates> {
  let arguments_ = 0;
  let pending: FlagRow | undefined;
  const seen = new Set<string>();
  for (const word of words) {
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    if (command.passThrough === true && arguments_ > 0) return FILES;
    if (!word.startsWith('--')) {
      arguments_++;
      continue;
    }
    const [name = '', value] = word.slice(2).split('=', 2);
    const row = command.flags.find((each) => each.name === name);
    if (row?.many !== true) seen.add(name);
    if (row !== undefined && row.type !== 'boolean' && value === undefined) pending = row;
  }
  if (pending !== undefined) return flagValue(pending);
  if (command.passThrough === true && arguments_ > 0) return FILES;
  if (current.startsWith('-'))
    return among([
      ...command.flags.filter(({ name }) => !seen.has(name)).map(({ name }) => `--${name}`),
      '--help',
    ]);
  const last = command.arguments.at(-1);
  const row = command.arguments[arguments_] ?? (last?.many === true ? last : undefined);
  return row === undefined ? NOTHING : argumentValues(row, words, current, context);
}

function flagValue({ value }: FlagRow): Candidates {
  if (value === 'FILE') return FILES;
  return value === 'DIR' ? { kind: 'folders', all: [] } : NOTHING;
}

async function argumentValues(
  { name, completes }: ArgumentRow,
  words: readonly string[],
  current: string,
  context: Context,
): Promise<Candidates> {
  switch (completes ?? name) {
    case 'FILE':
      return FILES;
    case 'PATH':
    case 'PREFIX':
      return among(await actorsFrom(words, current, context));
    case 'NAME-OR-ID':
      return among(await membersFrom(words, context));
    case 'WORD': {
      const { builtinNames, keywordNames } = await import('../seq/tooling/builtin-words.ts');
      const { linesOf, releasesOf } = await import('../seq/lines/releases.ts');
      const said = releasesOf(/(?:^| )--seq[ =](\S+)/.exec(words.join(' '))?.[1] ?? '');
      return among([...builtinNames(said && linesOf(said)[0]), ...keywordNames()]);
    }
    case 'SHELL':
      return among(SHELLS);
    default:
      return NOTHING;
  }
}

async function actorsFrom(words: readonly string[], current: string, context: Context): Promise<string[]> {
  const prefix = current.startsWith('/') ? [current] : [];
  const line = ['actors', ...prefix, '--limit', String(CANDIDATES_MAX)];
  const { actors = [] } = await answerOf<{ actors?: { path: string }[] }>(line, words, context);
  return actors.map(({ path }) => path);
}

async function membersFrom(words: readonly string[], context: Context): Promise<string[]> {
  const { members = [] } = await answerOf<{ members?: { name: string }[] }>(['members'], words, context);
  return members.map(({ name }) => name);
}

/** What a command prints as JSON, asked of the node that the line names; nothing where there is none. */
async function answerOf<T extends object>(
  line: readonly string[],
  words: readonly string[],
  context: Context,
): Promise<Partial<T>> {
  const flags = words.flatMap((word, at) =>
    /^--(node|token)$/.test(word) ? [word, words[at + 1] ?? ''] : /^--(node|token)=/.test(word) ? [word] : [],
  );
  const all = [...line, '--json', '--timeout', NODE_WAIT, ...flags];
  let printed = '';
  const write = (text: string | Uint8Array) => {
    printed += text;
  };
  try {
    const parsed = parseArguments(all, await commandsFor(all));
    if (parsed.kind !== 'run') return {};
    await parsed.command.run(
      { ...context, out: { color: false, write }, err: { color: false, write: () => {} } },
      parsed.input,
    );
    return JSON.parse(printed) as T;
  } catch {
    return {};
  }
}
