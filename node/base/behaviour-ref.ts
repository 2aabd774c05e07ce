// References to code, as programs, journals and orders hold them.
import type { ModuleHash } from './ids.ts';
import type { Data } from './value.ts';

/** A word of a module, or one of its quotations by number. */
export type CodeTarget = { readonly word: string } | { readonly quotation: number };

/** A behaviour kept as data: which code, and the values that a quotation captured. Never code itself. */
export interface BehaviourRef {
  readonly module: ModuleHash;
  readonly target: CodeTarget;
  readonly captured: readonly Data[];
}

/** In a form for people: the word's name, or `[quotation N]`. */
export function targetName(target: CodeTarget): string {
  return 'word' in target ? target.word : `[quotation ${target.quotation}]`;
}
