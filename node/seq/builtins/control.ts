import type { BuiltinRow } from './table.ts';

/** Words whose effect depends on the quotations before them: the checker takes them apart. */
const special = (name: string, effect: string): BuiltinRow => ({ name, effect, special: true });

export const controlWords: readonly BuiltinRow[] = [
  special('call', '( ..a [ ..a -- ..b ] -- ..b )'),
  special('dip', '( ..a T [ ..a -- ..b ] -- ..b T )'),
  special('keep', '( ..a T [ ..a T -- ..b ] -- ..b T )'),
  special('bi', '( ..a T [ ..a T -- ..b ] [ ..b T -- ..c ] -- ..c )'),
  special('if', '( ..a Bool [ ..a -- ..b ] [ ..a -- ..b ] -- ..b )'),
  special('when', '( ..a Bool [ ..a -- ..a ] -- ..a )'),
  special('unless', '( ..a Bool [ ..a -- ..a ] -- ..a )'),
  special('cond', '( ..a -- ..b )'),
];
