// A word as releases before today's had it: under a name that is gone, or with another effect or meaning.
import type { BuiltinRow } from '../table.ts';

export interface OlderRow extends BuiltinRow {
  /** The release that brought the word in this form. */
  readonly since: string;
  /** The release that no longer had it. */
  readonly until: string;
  /**
   * Words of 7.x that do the same with the same effect, for migration: flags that were Ints are Bools there.
   * Undefined where there are none.
   */
  readonly now: string | undefined;
}

/** `releases` as in `0.9-0.18`. */
export function older(
  name: string,
  releases: string,
  now: string | undefined,
  row: Omit<BuiltinRow, 'name' | 'aliases'> & {
    readonly name?: string;
    readonly aliases?: readonly string[];
  },
): OlderRow {
  const [since, until] = releases.split('-') as [string, string];
  const { name: _, aliases: __, ...rest } = row;
  return { ...rest, name, since, until, now };
}
