import type { SourceBundle } from '../../seq/index.ts';
import { NEWEST } from '../../seq/lines/releases.ts';
import type { Command, Context, Input } from '../command.ts';
import { printable, printJson, printLine, remark } from '../output.ts';
import { RELEASE_FLAG, releaseFrom } from '../release-flag.ts';

const WRONG = 65;

export const check: Command = {
  name: 'check',
  summary: 'Check Seq programs without running them.',
  arguments: [
    { name: 'FILE', doc: 'A program; what it includes is checked with it.', required: true, many: true },
  ],
  flags: [
    { name: 'json', type: 'boolean', doc: 'Print all diagnostics as JSON.' },
    RELEASE_FLAG,
    { name: 'no-lints', type: 'boolean', doc: 'Say nothing of what could be better.' },
    {
      name: 'migrate',
      type: 'boolean',
      doc: 'Print the current form of each program, which may be of an older generation, and check that.',
    },
  ],
  examples: [
    ['check examples/accounts.seq', 'Exit status 65 when anything is wrong; lints leave it 0.'],
    ['check a.seq b.seq --json', 'For an editor.'],
    ['check --migrate old.seq > new.seq', 'What it includes stays as it is.'],
  ],
  async run(context, input) {
    const { readProgram } = await import('../source-files.ts');
    const bundles = input.arguments.map(readProgram);
    return input.boolean('migrate') ? migrateAll(context, bundles) : checkAll(context, bundles, input);
  },
};

async function checkAll(context: Context, bundles: readonly SourceBundle[], input: Input): Promise<number> {
  const { checkSource, compileProgram, formatDiagnostic } = await import('../../seq/index.ts');
  const found = [];
  const release = releaseFrom(input);
  let failed = false;
  for (const bundle of bundles) {
    const result = compileProgram(bundle, { release });
    const lints = () => (input.boolean('no-lints') ? [] : checkSource(bundle, release));
    const diagnostics = result.ok ? lints() : result.diagnostics;
    failed ||= !result.ok;
    found.push(...diagnostics);
    if (input.boolean('json')) continue;
    for (const diagnostic of diagnostics) remark(context, formatDiagnostic(diagnostic));
    if (!result.ok) {
      if (result.release !== NEWEST.name) remark(context, `${bundle.entry}: checked as ${result.release}`);
      continue;
    }
    const { words, behaviours } = result.program;
    const named =
      behaviours.length === 0 ? '' : `, behaviours: ${behaviours.map(({ name }) => name).join(' ')}`;
    printLine(
      context,
      printable(
        `${bundle.entry}: ok, ${words.length} ${words.length === 1 ? 'word' : 'words'}, ${result.release}${named}`,
      ),
    );
  }
  if (input.boolean('json')) printJson(context, found);
  return failed ? WRONG : 0;
}

async function migrateAll(context: Context, bundles: readonly SourceBundle[]): Promise<number> {
  const { compileProgram, formatDiagnostic, migrateSource } = await import('../../seq/index.ts');
  let failed = false;
  for (const bundle of bundles) {
    const migrated = migrateSource(bundle);
    if (migrated.ok) context.out.write(migrated.text);
    const result = migrated.ok
      ? compileProgram({ ...bundle, files: { ...bundle.files, [bundle.entry]: migrated.text } })
      : migrated;
    if (result.ok) continue;
    failed = true;
    for (const diagnostic of result.diagnostics) remark(context, formatDiagnostic(diagnostic));
  }
  return failed ? WRONG : 0;
}
