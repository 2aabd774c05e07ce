// The two forms of a compiled program. The plain form is for speed: words are functions that call each other.
// The resumable form is for turns that take long or call deep: words are generators that hand each call to a
// driver, which keeps the frames on the heap, and which can stop at any reduction and go on later. Words at
// which a strand may wait are generators in the plain form, too.
import { PLAIN_PRELUDE, SHARED_PRELUDE } from './prelude.ts';

export interface Form {
  readonly name: 'plain' | 'resumable';
  readonly prelude: string;
  /** Words on numbers alone run as WebAssembly, which cannot stop in the middle. */
  readonly numeric: boolean;
  /** The statement that counts a reduction, at the start of a function or loop. */
  reduction(kind: Kind): string;
}

/** Generators can stop in the middle. A function runs to its end. */
export type Kind = 'function' | 'generator';

export const keyword = (kind: Kind): string => (kind === 'function' ? 'function' : 'function*');

/** The value of `call`, of code of this kind; `site` is the number of the place in the program. */
export const callOf = (call: string, site: number, kind: Kind): string =>
  kind === 'function' ? call : `(yield (AT.site = ${site}, ${call}))`;

/**
 * The source of a builtin that calls quotations, which are of this kind, as is what comes out: see
 * higher-order.ts.
 */
export function templateSource(source: string, form: Form, kind: Kind): string {
  return source
    .replace(/^function\*/, keyword(kind))
    .replaceAll('REDUCTION;', form.reduction(kind))
    .replace(/CALL\(([^()]*\([^()]*\))\)/g, kind === 'function' ? '$1' : '(yield (AT.site = -1, $1))');
}

/** Gives a quotation what it takes of `args` and keeps the rest: `kind` is that of all quotations. */
export const adaptSource = (kind: Kind): string =>
  `
${keyword(kind)} $adapt(quotation, args, outputs) {
  const rest = $rest(quotation, args, outputs);
  return $adapted(quotation, args, rest, ${callOf('quotation.run(...args.slice(rest))', -1, kind)});
}`.trim();

const REDUCTION = 'if (--B < 0) $spend();';
const PAUSING_REDUCTION = 'if (--B < 0) yield $pause;';

export const PLAIN: Form = {
  name: 'plain',
  prelude: `${SHARED_PRELUDE}\n${PLAIN_PRELUDE}`,
  numeric: true,
  reduction: () => REDUCTION,
};

export const RESUMABLE: Form = {
  name: 'resumable',
  prelude: SHARED_PRELUDE,
  numeric: false,
  // A function cannot stop in the middle; the generator that called it will.
  reduction: (kind) => (kind === 'function' ? 'B--;' : PAUSING_REDUCTION),
};
