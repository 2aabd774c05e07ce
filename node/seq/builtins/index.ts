// All builtin words of the language.
import { BUILTIN_ROWS } from './all-rows.ts';
import { type Builtin, tableOf } from './table.ts';

export { BUILTIN_ROWS };

export const BUILTINS: ReadonlyMap<string, Builtin> = tableOf(BUILTIN_ROWS);
