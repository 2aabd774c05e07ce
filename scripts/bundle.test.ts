// A script does not wait for what a node needs: one import too many would bring all of it into the bundle.
import { join } from 'node:path';
import test from 'ava';
import { build } from 'esbuild';
import type * as forUsers from '../bin/testing.d.ts';
import type * as testing from '../node/cli/testing.ts';

/** The compiler says it: what is printed for users of `seq-node/testing` is what is there. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const SAME_TYPES: Same<typeof forUsers.testNode, typeof testing.testNode> = true;

test('the types of seq-node/testing are those of its source', (t) => t.true(SAME_TYPES));

async function inputsOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: join(import.meta.dirname, '..'),
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}

test('the bundle of scripts has nothing of the cluster and of other commands', async (t) => {
  const inputs = await inputsOf('node/cli/main-script.ts');
  t.true(inputs.includes('node/cli/commands/run.ts'));
  t.deepEqual(
    inputs.filter((file) => /^node\/(core|cluster|gateway|runtime|journal)\//.test(file)),
    [],
  );
  t.deepEqual(
    inputs.filter((file) => file.startsWith('node/cli/commands/') && !file.endsWith('/run.ts')),
    [],
  );
});

test('the bundle of kept programs has no checker and no compiler', async (t) => {
  const inputs = await inputsOf('node/cli/main-kept.ts');
  t.true(inputs.includes('node/seq/prepared/revive.ts'));
  t.deepEqual(
    inputs.filter((file) =>
      /^node\/seq\/(check|compile|lint|migrate|tooling|prepared\/prepare)\b(?!\/(constants|wasm\/(interface|encoding)))/.test(
        file,
      ),
    ),
    [],
  );
  t.deepEqual(await inputsOf('node/cli/kept-programs.ts'), ['node/cli/kept-programs.ts']);
});
