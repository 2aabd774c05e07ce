// Help, from the table of commands.
import type { Command, FlagRow } from './command.ts';

const WIDTH = 100;

/** What the exit statuses mean; they are those of the error table. */
export const EXIT_STATUSES: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [64, 'the command line, or the request, is wrong'],
  [65, 'the message, program or data is refused'],
  [69, 'the node or its cluster cannot serve now'],
  [70, 'the node met a fault'],
  [75, 'try again: a time-out, or a queue is full'],
  [78, 'the configuration or a join token is wrong'],
];

function usageLine(command: Command): string {
  const parts = command.arguments.map(({ name, required, many }) => {
    const shown = many ? `${name}…` : name;
    return required ? shown : `[${shown}]`;
  });
  const flags = command.flags.length > 0 ? ['[flags]'] : [];
  // What follows the first argument of such a command is the program's own, flags too.
  const rest = command.passThrough ? [...flags, ...parts] : [...parts, ...flags];
  return ['seq-node', command.name, ...rest].join(' ');
}

function flagTitle(flag: FlagRow): string {
  return flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
}

export function commandHelp(command: Command): string {
  const lines = [`${command.summary}`, '', 'Usage', `  ${usageLine(command)}`];
  const section = (title: string, rows: readonly (readonly [string, string])[]) => {
    if (rows.length > 0) lines.push('', title, ...columns(rows));
  };
  section(
    'Arguments',
    command.arguments.map(({ name, doc }) => [name, doc]),
  );
  section('Flags', [
    ...command.flags.map((flag) => [flagTitle(flag), flag.doc] as const),
    ['--help', 'Show this help.'],
  ]);
  if (command.examples.length > 0) lines.push('', 'Examples');
  for (const [example, doc] of command.examples) lines.push(`  # ${doc}`, `  seq-node ${example}`);
  section(
    'Exit status',
    [...EXIT_STATUSES, ...(command.statuses ?? [])]
      .sort(([one], [other]) => one - other)
      .map(([status, meaning]) => [String(status), meaning]),
  );
  return `${lines.join('\n')}\n`;
}

/** Help for the first word of commands of two, where it is none itself. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  const within = commands.filter(({ name }) => name.startsWith(`${group} `));
  const lines = [
    'Usage',
    ...within.map((command) => `  ${usageLine(command)}`),
    `  seq-node ${group} COMMAND --help`,
    '',
    'Commands',
    ...columns(within.map(({ name, summary }) => [name, summary])),
  ];
  return `${lines.join('\n')}\n`;
}

export function overview(commands: readonly Command[]): string {
  const lines = [
    'seq-node runs event-sourced actors, written in Seq, on a cluster.',
    '',
    'Usage',
    '  seq-node COMMAND [arguments] [flags]',
    '  seq-node COMMAND --help',
    '',
    'Commands',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Environment',
    ...columns([
      ['SEQ_NODE_URL', 'The nodes to talk to, separated by commas; --node beats it.'],
      ['SEQ_NODE_TOKEN', "The gateway's token; --token beats it."],
      ['SEQ_NODE_CONFIG', 'The configuration file of start; --config beats it.'],
      ['NO_COLOR', 'When set, nothing is coloured.'],
    ]),
    '',
    'Begin with',
    '  seq-node start --dev',
  ];
  return `${lines.join('\n')}\n`;
}

/** Two columns, the second wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.min(28, Math.max(...rows.map(([title]) => title.length)));
  return rows.flatMap(([title, doc]) => {
    const [head = '', ...rest] = wrap(doc, WIDTH - left - 4);
    const first =
      title.length > left
        ? [`  ${title}`, `  ${' '.repeat(left)}  ${head}`]
        : [`  ${title.padEnd(left)}  ${head}`];
    return [...first, ...rest.map((line) => `  ${' '.repeat(left)}  ${line}`)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
