// The reference's files of a release, and its compilers.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { releaseNumber } from '../../node/seq/lines/releases.ts';

/** A folder with the files of a tag, that may be written to. */
export function checkoutOf(reference: string, tag: string, scratch: string): string {
  const made = join(scratch, tag);
  if (existsSync(made)) return made;
  const there = join(reference, tag);
  if (existsSync(there)) {
    cpSync(there, made, { recursive: true });
    return made;
  }
  mkdirSync(made);
  const archive = join(scratch, `${tag}.tar`);
  for (const [command, ...args] of [
    ['git', '--git-dir', reference, 'archive', '--output', archive, tag],
    ['tar', '-x', '-f', archive, '-C', made],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  }
  return made;
}

/** Its programs below a folder. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.seq'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A compiler of the reference, and the tag whose files it is compared on. */
export interface Compiler {
  readonly release: string;
  readonly seqc: string;
  readonly tag: string;
}

/** `path` is a compiler, or a folder in which each release has its own, as in PATH/7.7.5/bin/seqc. */
export function compilersAt(path: string, reference: string): readonly Compiler[] {
  const seqcs = statSync(path).isDirectory()
    ? readdirSync(path)
        .map((name) => join(path, name, 'bin', 'seqc'))
        .filter((seqc) => existsSync(seqc))
    : [path];
  const tags = tagsOf(reference);
  return seqcs
    .map((seqc) => {
      const { stdout } = spawnSync(seqc, ['--version'], { encoding: 'utf8' });
      const release = /\d+\.\d+\.\d+/.exec(stdout ?? '')?.[0];
      if (release === undefined) throw new Error(`${seqc} does not tell its version.`);
      return { release, seqc, tag: newestUpTo(tags, release) };
    })
    .sort((a, b) => releaseNumber(a.release) - releaseNumber(b.release));
}

function tagsOf(reference: string): readonly string[] {
  const listed = spawnSync('git', ['--git-dir', reference, 'tag'], { encoding: 'utf8' });
  const names =
    listed.status === 0 ? listed.stdout.split('\n') : readdirSync(reference).map((each) => basename(each));
  return names.filter((name) => /^v\d+\.\d+\.\d+$/.test(name));
}

/** Not every release of the compiler has a tag. */
function newestUpTo(tags: readonly string[], release: string): string {
  const numberOf = (tag: string) => releaseNumber(tag.slice(1));
  const before = tags.filter((tag) => numberOf(tag) <= releaseNumber(release));
  const newest = before.reduce<string | undefined>(
    (best, tag) => (best === undefined || numberOf(tag) > numberOf(best) ? tag : best),
    undefined,
  );
  if (newest === undefined) throw new Error(`The reference has no tag for ${release}.`);
  return newest;
}
