// `--seq RELEASES`: the releases of Seq that programs are of which do not say so themselves.
import { SeqNodeError } from '../base/errors.ts';
import { isRelease } from '../seq/lines/releases.ts';
import type { FlagRow, Input } from './command.ts';

export const RELEASE_FLAG: FlagRow = {
  name: 'seq',
  type: 'text',
  value: 'RELEASES',
  doc: 'Releases of Seq, such as 2.x, that files are of which do not say so. Default: found out.',
};

/** Throws `bad-usage` for what is no release. */
export function releaseFrom(input: Input): string | undefined {
  const release = input.text('seq');
  if (release === undefined || isRelease(release)) return release;
  throw new SeqNodeError(
    'bad-usage',
    `${release} is no release of Seq. Write it as in --seq 2.x or --seq 7.`,
  );
}
