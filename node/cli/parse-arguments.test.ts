import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { ERRORS, SeqNodeError } from '../base/errors.ts';
import { run } from './cli.test-support.ts';
import type { Command } from './command.ts';
import { loadCommands } from './commands.ts';
import { EXIT_STATUSES } from './help.ts';
import { parseArguments } from './parse-arguments.ts';

const COMMANDS = await loadCommands();

const row: Command = {
  name: 'do it',
  summary: 'Do it.',
  arguments: [
    { name: 'WHAT', doc: 'What to do.', required: true },
    { name: 'REST', doc: 'The rest.', required: false, many: true },
  ],
  flags: [
    { name: 'loud', type: 'boolean', doc: '' },
    { name: 'name', type: 'text', value: 'NAME', doc: '' },
    { name: 'tag', type: 'text', value: 'TAG', many: true, doc: '' },
    { name: 'count', type: 'integer', value: 'N', least: 1, most: 9, doc: '' },
    { name: 'wait', type: 'duration', value: 'TIME', doc: '' },
    { name: 'pause', type: 'duration', value: 'TIME', doc: '', least: 1000, most: 30 * 86_400_000 },
  ],
  examples: [],
  run: async () => 0,
};
const other: Command = { ...row, name: 'undo', arguments: [], flags: [] };
const through: Command = { ...row, name: 'play', passThrough: true };
const TABLE = [row, other, through];

function parsed(t: ExecutionContext, ...words: string[]) {
  const result = parseArguments(words, TABLE);
  if (result.kind !== 'run') throw new Error(`not a run but ${result.kind}`);
  t.true(TABLE.includes(result.command));
  return result.input;
}

function refused(t: ExecutionContext, words: string[], ...parts: string[]) {
  const error = t.throws(() => parseArguments(words, TABLE), { instanceOf: SeqNodeError });
  t.is(error.code, 'bad-usage');
  for (const part of parts) t.true(error.message.includes(part), `${error.message} should say ${part}`);
}

test('flags may stand anywhere, with = or without', (t) => {
  const input = parsed(
    t,
    'do',
    'it',
    '--loud',
    'x',
    '--name=a=b',
    '--count',
    '3',
    'y',
    '--tag',
    '1',
    '--tag',
    '2',
  );
  t.deepEqual(input.arguments, ['x', 'y']);
  t.true(input.boolean('loud'));
  t.is(input.text('name'), 'a=b');
  t.is(input.integer('count'), 3);
  t.deepEqual(input.texts('tag'), ['1', '2']);
  t.is(input.duration('wait'), undefined);
});

test('negative numbers and what follows -- are arguments', (t) => {
  t.deepEqual(parsed(t, 'do', 'it', 'x', '-5', '-1.5', '-').arguments, ['x', '-5', '-1.5', '-']);
  t.deepEqual(parsed(t, 'do', 'it', '--', '--loud', '--', 'x').arguments, ['--loud', '--', 'x']);
});

test('what follows the program belongs to the program', (t) => {
  const input = parsed(t, 'play', '--loud', 'song', '--loud', '--help', '--');
  t.deepEqual(input.arguments, ['song', '--loud', '--help', '--']);
});

test('durations have units', (t) => {
  for (const [text, ms] of [
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ] as const)
    t.is(parsed(t, 'do', 'it', 'x', '--wait', text).duration('wait'), ms);
  for (const text of ['5', '', '-5s', '5 s', '1.5s', 's', '99999999999s'])
    refused(t, ['do', 'it', 'x', `--wait=${text}`], '--wait must be a duration', '5s');
  for (const text of ['0s', '1000h'])
    refused(t, ['do', 'it', 'x', '--pause', text], `--pause must be from 1s to 30d, not "${text}".`);
});

test('slips are named, with what was meant', (t) => {
  refused(t, ['undoo'], 'undoo', 'did you mean undo?');
  refused(t, ['do', 'ti', 'x'], 'do ti', 'did you mean do it?');
  refused(t, ['do'], 'do needs one of: it');
  refused(t, ['do', '--loud'], 'do needs one of: it');
  refused(t, ['xyzzy'], 'There is no command xyzzy.');
  refused(t, ['do', 'it', 'x', '--luod'], '--luod', 'did you mean --loud?');
  refused(t, ['do', 'it', 'x', '--nmae=1'], 'There is no flag --nmae; did you mean --name?');
  refused(t, ['do', 'it', 'x', '-l'], '-l');
  refused(t, ['do', 'it'], 'WHAT');
  refused(t, ['undo', 'x'], '"x"');
  refused(t, ['do', 'it', 'x', '--name'], '--name needs a value: NAME');
  refused(t, ['do', 'it', 'x', '--name', 'a', '--name', 'b'], 'twice');
  refused(t, ['do', 'it', 'x', '--name='], 'empty');
  refused(t, ['do', 'it', 'x', '--loud=yes'], 'takes no value');
  refused(t, ['do', 'it', 'x', '--count', '0'], '1 to 9');
  refused(t, ['do', 'it', 'x', '--count', '1e0'], 'an integer');
});

test('asking for a flag that the table lacks is a fault', (t) => {
  const input = parsed(t, 'do', 'it', 'x');
  t.throws(() => input.text('nmae'));
  t.throws(() => input.boolean('name'));
});

test('any words give a command, help or bad-usage', (t) => {
  const word = fc.oneof(
    fc.constantFrom(
      'do',
      'it',
      'undo',
      'play',
      '--loud',
      '--name',
      '--name=',
      '--count=3',
      '--',
      '-h',
      'help',
      '-',
      '-1',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (words) => {
      try {
        parseArguments(words, TABLE);
      } catch (error) {
        if (!(error instanceof SeqNodeError) || error.code !== 'bad-usage') throw error;
      }
    }),
  );
  t.pass();
});

test('every command explains itself, in the same order and within the width of a terminal', async (t) => {
  for (const { name, flags, arguments: args, examples } of COMMANDS) {
    const { code, stdout, stderr } = await run([...name.split(' '), '--help']);
    t.deepEqual([code, stderr], [0, ''], name);
    t.regex(stdout, /^[A-Z].*\.\n\nUsage\n {2}seq-node /, name);
    for (const flag of flags) t.true(stdout.includes(`--${flag.name}`), `${name} --${flag.name}`);
    for (const each of args) t.true(stdout.includes(each.name), `${name} ${each.name}`);
    t.true(examples.length > 0, name);
    for (const { doc, type, value } of flags) {
      t.regex(doc, /^[A-Z].*\.$/, name);
      t.is(value === undefined, type === 'boolean', name);
    }
    for (const line of stdout.split('\n'))
      t.true(line.length <= 100 || line.startsWith('  seq-node '), `${name}: ${line}`);
  }
});

test('every example of every command is understood by the parser', (t) => {
  for (const { examples } of COMMANDS)
    for (const [example] of examples) {
      const words = [...example.replace(/ [|>].*$/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
        ([, single, double, bare]) => single ?? double ?? bare ?? '',
      );
      t.notThrows(() => parseArguments(words, COMMANDS), example);
    }
});

test('help lists every command and every exit status of the error table', async (t) => {
  const { stdout, code } = await run(['--help']);
  t.is(code, 0);
  for (const { name, summary } of COMMANDS) t.true(stdout.includes(name) && stdout.includes(summary), name);
  const none = await run([]);
  t.deepEqual([none.code, none.stdout], [64, '']);
  t.true(none.stderr.startsWith(stdout) && none.stderr.includes('error[bad-usage]'), none.stderr);
  for (const words of [
    ['journal', '--help'],
    ['help', 'journal'],
  ]) {
    const group = await run(words);
    t.is(group.code, 0);
    t.regex(group.stdout, /^Usage\n {2}seq-node journal show PATH \[flags\]\n/);
    t.notRegex(group.stdout, /spawn/);
  }
  t.is((await run(['help', 'send'])).stdout, (await run(['send', '--help'])).stdout);
  t.true((await run(['run', '--help'])).stdout.includes('\n  seq-node run [flags] FILE [ARGUMENT…]\n'));
  const statuses = new Set<number>(Object.values(ERRORS).map(({ exit }) => exit));
  t.deepEqual(
    EXIT_STATUSES.map(([status]) => status),
    [0, ...statuses].sort((a, b) => a - b),
  );
});
