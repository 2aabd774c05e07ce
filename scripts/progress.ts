// How the scripts talk to a person.
const startedAt = performance.now();
const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;

/** One line, with the seconds since the start. */
export function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${dim(`${seconds} s`)}  ${text}\n`);
}

export const dim = (text: string): string => (colour ? `\u001b[2m${text}\u001b[22m` : text);
export const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[22m` : text);

/** Rows of equal length, the first as head, in columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row, at) => {
      const line = row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd();
      return at === 0 ? bold(line) : line;
    })
    .join('\n');
}

/** Runs `main`; a failure is told in one line and ends the process with status 1. */
export async function runScript(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
