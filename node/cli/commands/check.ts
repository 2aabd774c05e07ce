import type { Command } from '../command.ts';
import { printJson, printLine, remark } from '../output.ts';

export const check: Command = {
  name: 'check',
  summary: 'Check Seq programs without running them.',
  arguments: [
    { name: 'FILE', doc: 'A program; what it includes is checked with it.', required: true, many: true },
  ],
  flags: [
    { name: 'json', type: 'boolean', doc: 'Print all diagnostics as JSON.' },
    { name: 'no-lints', type: 'boolean', doc: 'Say nothing of what could be better.' },
  ],
  examples: [
    ['check examples/accounts.seq', 'Exit status 65 when anything is wrong; lints leave it 0.'],
    ['check a.seq b.seq --json', 'For an editor.'],
  ],
  async run(context, input) {
    const { checkSource, compileProgram, formatDiagnostic } = await import('../../seq/index.ts');
    const { readProgram } = await import('../source-files.ts');
    const found = [];
    let failed = false;
    for (const file of input.arguments) {
      const bundle = readProgram(file);
      const result = compileProgram(bundle);
      const lints = () => (input.boolean('no-lints') ? [] : checkSource(bundle));
      const diagnostics = result.ok ? lints() : result.diagnostics;
      failed ||= !result.ok;
      found.push(...diagnostics);
      if (input.boolean('json')) continue;
      for (const diagnostic of diagnostics) remark(context, formatDiagnostic(diagnostic));
      if (!result.ok) continue;
      const { words, behaviours } = result.program;
      const named =
        behaviours.length === 0 ? '' : `, behaviours: ${behaviours.map(({ name }) => name).join(' ')}`;
      printLine(context, `${file}: ok, ${words.length} words${named}`);
    }
    if (input.boolean('json')) printJson(context, found);
    return failed ? 65 : 0;
  },
};
