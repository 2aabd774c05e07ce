// What a node notes of a repair before anything else comes of it: the damage, and the identity that it is to
// go on under.
import { SeqNodeError } from '../base/errors.ts';
import { createIdentity, type Identity, identityOf } from '../cluster/io/identity.ts';
import { type DataPaths, readFormatted, writeDurably } from './data-directory.ts';

const DAMAGES = ['log-damaged', 'journal-damaged'] as const;

export interface Damage {
  readonly code: (typeof DAMAGES)[number];
  readonly message: string;
}

export interface Repair extends Damage {
  /** Of the node that takes the place. */
  readonly identity: Identity;
  /** Name of the directory, within the data directory, to which log and store are moved. */
  readonly aside: string;
  /** Whether the registry has the new node instead of the old one. */
  readonly replaced: boolean;
}

const FORMAT = 1;

export function isDamage(error: unknown): error is SeqNodeError & Damage {
  return error instanceof SeqNodeError && (DAMAGES as readonly string[]).includes(error.code);
}

/** A repair of which nobody has heard yet. `wall`: milliseconds since 1970. */
export function newRepair({ code, message }: Damage, wall: number): Repair {
  const time = new Date(wall).toISOString().slice(0, 19).replaceAll(':', '-');
  return { code, message, identity: createIdentity(), aside: `damaged-${time}Z`, replaced: false };
}

/** Undefined when none is due. Throws `bad-config` when the file makes no sense. */
export function readRepair(paths: DataPaths): Repair | undefined {
  const refuse = (why: string) => new SeqNodeError('bad-config', `${paths.repair} ${why}.`);
  const value = readFormatted(paths.repair, FORMAT, refuse);
  if (value === undefined) return undefined;
  const { message, key, aside, replaced } = value;
  const code = DAMAGES.find((each) => each === value.code);
  const whole =
    code !== undefined &&
    typeof message === 'string' &&
    typeof key === 'string' &&
    typeof aside === 'string' &&
    /^damaged-[\dTZ-]+$/.test(aside) &&
    typeof replaced === 'boolean';
  if (!whole) throw refuse('lacks a field');
  const privateKey = new Uint8Array(Buffer.from(key, 'base64'));
  return { code, message, identity: { privateKey, node: identityOf(privateKey) }, aside, replaced };
}

export function writeRepair(paths: DataPaths, { identity, ...repair }: Repair): void {
  const key = Buffer.from(identity.privateKey).toString('base64');
  const text = `${JSON.stringify({ format: FORMAT, ...repair, key }, null, 2)}\n`;
  writeDurably(paths.repair, Buffer.from(text), 0o600);
}
