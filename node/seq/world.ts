// What a script may do to the machine that it runs on. Whoever runs a script hands it in; a turn of an actor
// has none, because what it gives differs from one time to the next, and a turn must be repeatable.

import type { Text } from '../base/value.ts';
import type { Network } from './network.ts';
import type { Pending } from './pending.ts';

export type PathKind = 'file' | 'folder' | 'other';
export type SignalAction = 'default' | 'ignore' | 'note';

/**
 * Methods do not throw: what could not be done gives undefined or false. Names of files are as the system has
 * them, relative ones from the working folder.
 */
export interface World extends Network {
  /** At most `length` bytes from position `from` on; fewer only at the end of the file. */
  readFile(path: string, from: number, length: number): Uint8Array | undefined;
  /** Makes the file if there is none. */
  writeFile(path: string, bytes: Uint8Array, append: boolean): boolean;
  deleteFile(path: string): boolean;
  /** Links are followed. `size` is in bytes. */
  lookAt(path: string): { readonly kind: PathKind; readonly size: number } | undefined;
  /** With the folders that it lies in. True also when it is there. */
  makeFolder(path: string): boolean;
  /** An empty one. */
  deleteFolder(path: string): boolean;
  /** The names in a folder, as the system has them: in no order, and not always UTF-8. */
  listFolder(path: string): readonly Uint8Array[] | undefined;
  environment(name: string): Text | undefined;
  workingFolder(): string | undefined;
  /** As in `linux` and `x86_64`. */
  system(): { readonly name: string; readonly architecture: string };
  /** Nanoseconds since some moment, which never go back. */
  nanos(): bigint;
  /** Fit for keys. */
  randomBytes(count: number): Uint8Array;
  terminalSize(): { readonly columns: number; readonly rows: number } | undefined;
  /** Every key at once, without echo; nothing where the input is no terminal. */
  rawMode(on: boolean): void;
  /** The number of a signal such as `SIGINT` here. */
  signal(name: string): number | undefined;
  /** False when the signal cannot be handled. */
  handleSignal(signal: number, action: SignalAction): boolean;
  /** Whether a signal that is noted has come since it was last forgotten. */
  signalled(signal: number, forget: boolean): boolean;

  /**
   * Bytes of the standard input up to and with the first line feed, but at most `length`; none at the end of
   * the input. At once, if they are there.
   */
  readLine(length: number): Pending<Uint8Array> | Uint8Array;
  /** So many bytes of the standard input; fewer only at its end. */
  readInput(length: number): Pending<Uint8Array>;
  /**
   * The next byte of the standard input if one is there, now that what has come from outside was looked at.
   */
  pollInput(): Pending<number | undefined>;
  sleep(milliseconds: number): Pending<void>;
  /** Settles once all that has come from outside was looked at. */
  lookOutside(): Pending<void>;
}
