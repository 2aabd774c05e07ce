// The command lines of the scripts: what npm passes on after `--`.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export interface OptionDoc {
  /** As it is typed, with a name for its value. */
  readonly title: string;
  readonly doc: string;
}

export interface ScriptUsage {
  /** As in `npm run chaos`. */
  readonly command: string;
  /** One sentence. */
  readonly summary: string;
  readonly options?: readonly OptionDoc[];
}

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true }>
>;

/**
 * Parses the words of this process. `--help` prints the usage and exits 0; what is not understood prints it
 * and exits 64.
 */
export function readOptions<const T extends ParseArgsOptionsConfig>(
  usage: ScriptUsage,
  options: T,
  words: readonly string[] = [],
): Parsed<T> {
  try {
    const parsed = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: words.length > 0,
    });
    if ((parsed.values as { help?: boolean }).help === true) {
      process.stdout.write(usageText(usage));
      process.exit(0);
    }
    const strange = parsed.positionals.find((word) => !words.includes(word));
    if (strange !== undefined) throw new Error(`Unexpected argument '${strange}'`);
    return parsed as unknown as Parsed<T>;
  } catch (error) {
    return refuse(usage, error instanceof Error ? error.message.split('. ')[0]! : String(error));
  }
}

/** Ends this process with status 64, the reason and the usage. */
export function refuse(usage: ScriptUsage, reason: string): never {
  process.stderr.write(`${usage.command}: ${reason}\n\n${usageText(usage)}`);
  process.exit(64);
}

/** The whole number that an option gives. Ends this process where it is none from `least` on. */
export function wholeNumber(usage: ScriptUsage, option: string, text: string, least = 0): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  return refuse(usage, `--${option} takes a whole number from ${least} on, not ${JSON.stringify(text)}`);
}

function usageText({ command, summary, options = [] }: ScriptUsage): string {
  const rows = [...options, { title: '--help', doc: 'show this' }];
  const width = Math.max(...rows.map(({ title }) => title.length));
  const lines = rows.map(({ title, doc }) => `  ${title.padEnd(width)}  ${doc}`);
  return `${summary}\n\nUsage\n  ${command} -- [options]\n\nOptions\n${lines.join('\n')}\n`;
}
