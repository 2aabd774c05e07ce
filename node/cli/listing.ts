// What commands that list have in common: their flags, and going from page to page until there are as many
// rows as are wanted.
import type { Context, FlagRow, Input } from './command.ts';
import type { NodeClient } from './node-client.ts';
import { remark } from './output.ts';

const ROWS_DEFAULT = 1000;
const PAGE = 1000;

/** `value` names what a row is told by, as in ID. */
export function listFlags(value: string, doc: string): readonly FlagRow[] {
  return [
    {
      name: 'limit',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 1_000_000,
      doc: `At most so many. Default: ${ROWS_DEFAULT}.`,
    },
    { name: 'after', type: 'text', value, doc },
  ];
}

export interface Listed<T> {
  readonly rows: readonly T[];
  /** Behind which row the list goes on; null at its end. */
  readonly next: string | null;
}

/** The rows that the answers of `address` hold under `name`, as many as `--limit` says from `--after` on. */
export async function listRows<T>(
  client: NodeClient,
  input: Input,
  address: string,
  name: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Listed<T>> {
  const limit = input.integer('limit') ?? ROWS_DEFAULT;
  const rows: T[] = [];
  let next: string | null = input.text('after') ?? null;
  do {
    const asked = new URLSearchParams({ ...query, limit: String(Math.min(PAGE, limit - rows.length)) });
    if (next !== null) asked.set('after', next);
    const page = await client.call({ method: 'GET', confirmed: true, address: `${address}?${asked}` });
    const answer = page as Readonly<Record<string, readonly T[]>> & { readonly next: string | null };
    rows.push(...answer[name]!);
    next = answer.next;
  } while (next !== null && rows.length < limit);
  return { rows, next };
}

/** Says how to see what was left off. */
export function remarkMore(context: Context, { next }: Listed<unknown>): void {
  if (next !== null) remark(context, `seq-node: there are more; go on with --after ${next}`);
}
