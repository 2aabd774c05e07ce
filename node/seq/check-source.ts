// From a bundle to what there is to say about it.
import type { Diagnostic, SourceBundle } from './api.ts';
import { checkBundle, tooLarge } from './compile-program.ts';
import { type Line, NEWEST, releaseOf } from './lines/releases.ts';
import { lintProgram } from './lint/index.ts';

/** What is wrong with the program or, if nothing is, what could be better. Nothing is compiled. */
export function checkSource(bundle: SourceBundle, release?: string): readonly Diagnostic[] {
  try {
    const { files, lines, checked, diagnostics, newer } = checkBundle(bundle, release);
    if (checked === undefined || diagnostics.length > 0) return diagnostics;
    // Lints are about words of today.
    if (lines.every(({ until }) => until === NEWEST.until)) return lintProgram(files, checked);
    return newer === undefined ? [] : [olderRelease(newer, lines[0]!)];
  } catch (error) {
    return [tooLarge(bundle, error)];
  }
}

/** Little tells this program from one of the newest line, so that it may be one with a mistake. */
const olderRelease = (newer: Diagnostic, { name }: Line): Diagnostic => ({
  ...newer,
  code: 'older-release',
  severity: 'hint',
  message: `The program is taken for one of ${name}. ${NEWEST.name} refuses it here: ${newer.message}`,
  hint: `${newer.hint} If it is of an older release, say so in its first line, as with # seq: ${releaseOf(name)}.`,
});
