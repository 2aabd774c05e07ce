// The two forms of a compiled program. The plain form is for speed: words are functions that call each other. The
// resumable form is for turns that take long or call deep: words are generators that hand each call to a driver, which
// keeps the frames in an array of its own, and which can stop at any step and go on later.
import { PLAIN_PRELUDE, RESUMABLE_PRELUDE, SHARED_PRELUDE } from './prelude.ts';

export interface Form {
  readonly name: 'plain' | 'resumable';
  readonly prelude: string;
  /** The keyword of a function. One that is `bounded` takes few steps whatever it is given. */
  keyword(bounded: boolean): string;
  /** The statement that counts a step, at the start of a function or loop. */
  step(bounded: boolean): string;
  /** The value of `call`; `site` is the number of the place in the program. */
  call(call: string, site: number, bounded: boolean): string;
  /** The source of a builtin that calls quotations: see higher-order.ts. */
  template(source: string): string;
}

const STEP = 'if (--B < 0) $spend();';
const PAUSING_STEP = 'if (--B < 0) yield $pause;';

export const PLAIN: Form = {
  name: 'plain',
  prelude: `${SHARED_PRELUDE}\n${PLAIN_PRELUDE}`,
  keyword: () => 'function',
  step: () => STEP,
  call: (call) => call,
  template: (source) =>
    source
      .replace(/^function\*/, 'function')
      .replaceAll('STEP;', STEP)
      .replace(/CALL\(([^()]*\([^()]*\))\)/g, '$1'),
};

export const RESUMABLE: Form = {
  name: 'resumable',
  prelude: `${SHARED_PRELUDE}\n${RESUMABLE_PRELUDE}`,
  keyword: (bounded) => (bounded ? 'function' : 'function*'),
  // A bounded word cannot stop in the middle; the one that called it will.
  step: (bounded) => (bounded ? 'B--;' : PAUSING_STEP),
  call: (call, site, bounded) => (bounded ? call : `(yield (AT = ${site}, ${call}))`),
  template: (source) =>
    source.replaceAll('STEP;', PAUSING_STEP).replace(/CALL\(([^()]*\([^()]*\))\)/g, '(yield (AT = -1, $1))'),
};
