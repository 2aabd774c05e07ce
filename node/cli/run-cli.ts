// One command line, from its words to its exit status. Never throws.
import { ERRORS, SeqNodeError } from '../base/errors.ts';
import type { Diagnostic } from '../seq/api.ts';
import { formatDiagnostic } from '../seq/syntax/diagnostic.ts';
import type { Command, Context } from './command.ts';
import { printable, printLine } from './output.ts';
import { type Parsed, parseArguments } from './parse-arguments.ts';

const DIAGNOSTICS_MAX = 50;

/** What the words of a command line can mean. */
export interface CommandSource {
  /** The commands that these words may mean. */
  commandsFor(words: readonly string[]): Promise<readonly Command[]>;
  /** Answers the scripts of completion.ts. */
  complete?(words: readonly string[], context: Context): Promise<number>;
}

export async function runCli(
  words: readonly string[],
  source: CommandSource,
  context: Context,
): Promise<number> {
  let actor: string | undefined;
  try {
    if (words[0] === '__complete' && source.complete !== undefined)
      return await source.complete(words.slice(1), context);
    const line = namesProgram(words[0]) ? ['run', ...words] : words;
    const commands = await source.commandsFor(line);
    const parsed = parseArguments(line, commands);
    switch (parsed.kind) {
      case 'version':
        printLine(context, (await import('../host/version.ts')).VERSION);
        return 0;
      case 'none': {
        // Somebody probably expected something to happen.
        const { overview } = await import('./help.ts');
        context.err.write(`${overview(commands)}\n`);
        throw new SeqNodeError('bad-usage', 'There is no command on the command line.');
      }
      case 'help': {
        const { commandHelp, groupHelp, overview } = await import('./help.ts');
        const { command, group } = parsed;
        if (command !== undefined) context.out.write(commandHelp(command));
        else context.out.write(group === undefined ? overview(commands) : groupHelp(group, commands));
        return 0;
      }
      case 'run':
        actor = actorOf(parsed);
        return await parsed.command.run(context, parsed.input);
    }
  } catch (thrown) {
    const error = thrown instanceof SeqNodeError ? thrown : internal(thrown);
    printError(context, error, actor);
    return error.exit;
  }
}

/** The name of a file in the place of a command: what `#!/usr/bin/env seq-node` at its head gives. */
const namesProgram = (word: string | undefined) =>
  word !== undefined && !word.startsWith('-') && (word.endsWith('.seq') || word.includes('/'));

function internal(thrown: unknown): SeqNodeError {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new SeqNodeError('internal', text);
}

/** The actor that the command is about, if it is about one. */
function actorOf({ command, input }: Parsed & { readonly kind: 'run' }): string | undefined {
  const [first] = input.arguments;
  const name = command.arguments[0]?.name;
  if (name === 'PATH') return first;
  return name === 'NAME' && command.name.startsWith('queue ') && first !== undefined
    ? `/queue/${first}`
    : undefined;
}

/** `seq-node: error[code]: sentence`, what it adds, and what to do next. */
export function printError({ err }: Context, error: SeqNodeError, actor = 'PATH') {
  const [red, plain] = err.color ? ['\u001b[31m', '\u001b[39m'] : ['', ''];
  const lines = [`seq-node: ${red}error[${error.code}]${plain}: ${printable(sentenceOf(error))}`];
  for (const line of detailLines(error.details)) lines.push(`  ${printable(line)}`);
  // As somebody may copy it into a shell.
  lines.push(`  next: ${printable(error.advice.replaceAll(/\bPATH\b/g, () => actor))}`);
  err.write(`${lines.join('\n')}\n`);
}

/** A node's sentence about a program is its first diagnostic, which stands whole among the details. */
function sentenceOf({ code, message, details: { diagnostics } }: SeqNodeError): string {
  const [first] = Array.isArray(diagnostics) ? (diagnostics as unknown[]) : [];
  return first !== undefined && diagnosticText(first) === message ? ERRORS[code].meaning : message;
}

/** The details that a person can use: the forms that would be accepted, and the diagnostics of a program. */
function detailLines(details: Readonly<Record<string, unknown>>): string[] {
  const lines: string[] = [];
  const { accepts, diagnostics, trace } = details;
  if (Array.isArray(accepts) && accepts.length > 0) lines.push(`accepts: ${accepts.map(String).join(' ')}`);
  if (Array.isArray(diagnostics))
    for (const each of diagnostics.slice(0, DIAGNOSTICS_MAX)) lines.push(...diagnosticText(each).split('\n'));
  if (Array.isArray(trace))
    for (const each of trace.slice(0, 20)) if (typeof each === 'string') lines.push(each);
  return lines;
}

/** A node sends diagnostics as objects; a local compilation gives text. */
function diagnosticText(each: unknown): string {
  if (typeof each === 'string') return each;
  const { file, line, column, message, sourceLine } = each as Partial<Record<string, unknown>>;
  const whole = [file, message, sourceLine].every((part) => typeof part === 'string');
  if (whole && typeof line === 'number' && typeof column === 'number')
    return formatDiagnostic(each as Diagnostic);
  return JSON.stringify(each);
}
