import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SeqNodeError } from '../../base/errors.ts';
import type { Program } from '../../seq/index.ts';
import type { Command, Context } from '../command.ts';
import { JSON_FLAG } from '../node-client.ts';
import { printable, printJson, printLine, remark } from '../output.ts';
import { RELEASE_FLAG, releaseFrom } from '../release-flag.ts';
import { printError } from '../run-cli.ts';
import { faultError, runScript } from '../running.ts';
import { unreadable } from '../source-files.ts';

/** A word that is named as a test, and is none. */
interface Misnamed {
  readonly file: string;
  readonly word: string;
  readonly effect: string;
}

interface Outcome {
  readonly file: string;
  readonly test: string;
  readonly passed: boolean;
  readonly assertions: number;
  /** What went wrong, a line each. */
  readonly failures: readonly string[];
  readonly output: string;
}

/** As test runners have it; a command line that is wrong gives another status. */
const FAILED = 1;

export const test: Command = {
  name: 'test',
  summary: 'Run the tests of Seq programs: words named test-… of effect ( -- ).',
  arguments: [
    {
      name: 'PATH',
      doc: 'A program, or a folder that is searched for test-*.seq. Default: the working directory.',
      required: false,
      many: true,
      completes: 'FILE',
    },
  ],
  flags: [
    RELEASE_FLAG,
    { name: 'filter', type: 'text', value: 'TEXT', doc: 'Only tests whose name contains this.' },
    { name: 'verbose', type: 'boolean', doc: 'Show what passing tests write, too.' },
    {
      name: 'reductions',
      type: 'integer',
      value: 'N',
      least: 1,
      doc: 'Give a test up after so many reductions. Default: 10000000000.',
    },
    JSON_FLAG,
  ],
  examples: [
    ['test examples', 'All test-*.seq files in a folder and below.'],
    ['test test-accounts.seq --filter deposit', 'Some tests of one file.'],
  ],
  statuses: [[FAILED, 'a test failed, or a file could not be compiled']],
  async run(context, input) {
    const { compileFile } = await import('../compiling.ts');
    const { releasesInFolder } = await import('../folder-release.ts');
    const json = input.boolean('json');
    const filter = input.text('filter') ?? '';
    const misnamed: Misnamed[] = [];
    const outcomes: Outcome[] = [];
    let broken = 0;
    const found = (input.arguments.length === 0 ? ['.'] : input.arguments).map(findFiles);
    const files = found.flat();
    const release = releaseFrom(input);
    const releases =
      release === undefined ? new Map(found.flatMap((each) => [...releasesInFolder(each)])) : undefined;
    if (files.length === 0) throw new SeqNodeError('bad-usage', 'There is no test-*.seq file here.');
    for (const file of files) {
      try {
        if (!json) printLine(context, file);
        const program = compileFile(file, release ?? releases?.get(file));
        const others = misnamedIn(program, file, filter);
        misnamed.push(...others);
        if (!json) for (const each of others) remark(context, misnamedText(each));
        for (const { name } of program.tests) {
          if (!name.includes(filter)) continue;
          const outcome = await runTest(program, file, name, input.integer('reductions') ?? 1e10);
          outcomes.push(outcome);
          if (!json) printOutcome(context, outcome, input.boolean('verbose'));
        }
      } catch (error) {
        if (!(error instanceof SeqNodeError)) throw error;
        broken++;
        printError(context, error);
      }
    }
    if (filter !== '' && outcomes.length === 0 && broken === 0)
      throw new SeqNodeError('bad-usage', `No test has ${JSON.stringify(filter)} in its name.`);
    const failed = outcomes.filter(({ passed }) => !passed).length;
    const assertions = outcomes.reduce((sum, outcome) => sum + outcome.assertions, 0);
    if (json) printJson(context, { files: files.length, broken, failed, misnamed, tests: outcomes });
    else {
      const where = `${counted(assertions, 'assertion')} in ${counted(files.length, 'file')}`;
      printLine(context, broken === 0 ? `\n${where}` : `\n${where}, ${broken} of them broken`);
      // A file that is broken hides its tests: it counts as one that failed.
      printLine(context, `${outcomes.length - failed} passed, ${failed + broken} failed`);
    }
    return failed + broken > 0 ? FAILED : 0;
  },
};

const counted = (count: number, of: string): string => `${count} ${of}${count === 1 ? '' : 's'}`;

/** A file as it is; of a folder every test-*.seq in it and below, in the order of their names. */
function findFiles(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!isFolder) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^test-.*\.seq$/.test(entry.name))
    .map((entry) => join(entry.parentPath, basename(entry.name)))
    .filter((file) => !file.includes('node_modules'))
    .sort();
}

const misnamedIn = ({ words }: Program, file: string, filter: string): Misnamed[] =>
  words
    .filter(({ name, effect }) => name.startsWith('test-') && effect !== '( -- )' && name.includes(filter))
    .map(({ name, effect }) => ({ file, word: name, effect }));

const misnamedText = ({ file, word, effect }: Misnamed): string =>
  printable(`${file}: ${word} ${effect} is not run as a test: the effect of a test is ( -- )`);

async function runTest(program: Program, file: string, name: string, reductions: number): Promise<Outcome> {
  const pieces: Buffer[] = [];
  const out = { write: (chunk: string | Uint8Array) => pieces.push(Buffer.from(chunk as string)) };
  const result = await runScript(program, name, out, [], reductions);
  const output = Buffer.concat(pieces).toString('utf8');
  if (result.kind !== 'done') {
    const error = faultError(result);
    const { trace } = error.details as { readonly trace?: readonly string[] };
    return {
      file,
      test: name,
      passed: false,
      assertions: 0,
      failures: [error.message, ...(trace ?? [])],
      output,
    };
  }
  const { passed, failures } = result.test;
  const left = result.exitCode === undefined ? [] : [`${result.exitCode} os.exit ended the test early`];
  return {
    file,
    test: name,
    passed: failures.length === 0 && left.length === 0,
    assertions: passed + failures.length,
    failures: [...failures.map(({ message, line }) => `${file}:${line}: ${message}`), ...left],
    output,
  };
}

function printOutcome(context: Context, outcome: Outcome, verbose: boolean) {
  printLine(context, printable(`  ${outcome.test} ... ${outcome.passed ? 'ok' : 'FAILED'}`));
  for (const failure of outcome.failures) printLine(context, printable(`    ${failure}`));
  if (outcome.output !== '' && (verbose || !outcome.passed))
    for (const line of outcome.output.trimEnd().split('\n')) printLine(context, `    | ${line}`);
}
