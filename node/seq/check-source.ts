// From a bundle to what there is to say about it.
import type { Diagnostic, SourceBundle } from './api.ts';
import { checkBundle, tooLarge } from './compile-program.ts';
import { lintProgram } from './lint/index.ts';

/** What is wrong with the program or, if nothing is, what could be better. Nothing is compiled. */
export function checkSource(bundle: SourceBundle): readonly Diagnostic[] {
  try {
    const { files, checked, diagnostics } = checkBundle(bundle);
    return checked === undefined || diagnostics.length > 0 ? diagnostics : lintProgram(files, checked);
  } catch (error) {
    return [tooLarge(bundle, error)];
  }
}
