// The shape of a command: a table row that parsing, help, completion and the manual all read.

export interface FlagRow {
  /** Without the dashes. */
  readonly name: string;
  readonly type: 'boolean' | 'text' | 'integer' | 'duration';
  /** What stands for the value in help; absent for booleans. */
  readonly value?: string;
  readonly doc: string;
  /** May be given more than once. */
  readonly many?: boolean;
  /** Inclusive; of an integer, or of a duration in milliseconds. */
  readonly least?: number;
  readonly most?: number;
}

export interface ArgumentRow {
  /** In capitals, as help shows it. */
  readonly name: string;
  readonly doc: string;
  readonly required: boolean;
  /** Takes all that is left; only the last one may. */
  readonly many?: boolean;
  /** What a shell completes it with, where its name does not tell. */
  readonly completes?: 'FILE';
}

export interface Command {
  /** One word, or two: `journal show`. */
  readonly name: string;
  /** One line, beginning with a verb. */
  readonly summary: string;
  readonly arguments: readonly ArgumentRow[];
  readonly flags: readonly FlagRow[];
  /** What follows `seq-node ` in each, with what it does. */
  readonly examples: readonly (readonly [command: string, doc: string])[];
  /** After the first argument everything is an argument: it belongs to a program. */
  readonly passThrough?: boolean;
  /** Exit statuses that only this command gives. */
  readonly statuses?: readonly (readonly [number, string])[];
  /** Resolves to the exit status. What it rejects with is printed, and decides the status. */
  run(context: Context, input: Input): Promise<number>;
}

/** What a command may touch of the world around it. */
export interface Context {
  /** Data only. */
  readonly out: Sink;
  /** Everything that is not data. */
  readonly err: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input. */
  readonly in: NodeJS.ReadableStream;
}

export interface Sink {
  write(text: string | Uint8Array): void;
  /** Once nothing can be written any more: the exit status of a program that goes on only to write. */
  readonly lost?: number | undefined;
  /** True when colours may be used. */
  readonly color: boolean;
}

/**
 * A parsed command line. Asking for a flag or argument that the table lacks is a fault of ours and throws.
 */
export interface Input {
  /** All arguments, in order. */
  readonly arguments: readonly string[];
  boolean(flag: string): boolean;
  text(flag: string): string | undefined;
  texts(flag: string): readonly string[];
  integer(flag: string): number | undefined;
  /** In milliseconds. */
  duration(flag: string): number | undefined;
}
