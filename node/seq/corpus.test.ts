// Runs each program of corpus/. A program says in comments what it prints, or how it is refused or fails:
//
//   # expect: one line of its output
//   # expect-error: code line:column      (the program is refused; one comment for each diagnostic)
//   # expect-message: text              (what is said of each; may be left out)
//   # expect-hint: text                 (what to do, of each; may be left out)
//   # expect-fault: code line:column      (the run ends so, after the output; the place may be left out)
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'ava';
import { compileProgram, type Program, type ScriptHost, type ScriptResult } from './index.ts';
import { runSliced } from './testing/run-sliced.ts';

const root = join(import.meta.dirname, 'corpus');
const files: Record<string, string> = {};
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith('.seq')) continue;
  const path = join(entry.parentPath, entry.name);
  files[relative(root, path)] = readFileSync(path, 'utf8');
}

const REDUCTIONS = 20_000_000;

function expectations(text: string, kind: string): string[] {
  const found = [...text.matchAll(new RegExp(`^\\s*# ${kind}:(.*)$`, 'gm'))];
  return found.map((match) => match[1]!.replace(/^ /, ''));
}

interface Outcome {
  output: string[];
  errors: string[];
  messages: string[];
  hints: string[];
  faults: string[];
}

function run(entry: string, runMain: (program: Program, host: ScriptHost) => ScriptResult): Outcome {
  const compiled = compileProgram({ entry, files });
  if (!compiled.ok) {
    const errors = compiled.diagnostics.map((d) => `${d.code} ${d.line}:${d.column}`);
    const messages = compiled.diagnostics.map(({ message }) => message);
    const hints = compiled.diagnostics.map(({ hint }) => hint);
    return { output: [], errors, messages, hints, faults: [] };
  }
  let written = '';
  const host: ScriptHost = {
    write: (text) => {
      written += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
    },
    nowMillis: () => 0,
    random: () => 0.5,
  };
  const result = runMain(compiled.program, host);
  const faults: string[] = [];
  if (result.kind === 'fault') {
    const at = result.trace[0];
    faults.push(`${result.code} ${at?.line}:${at?.column}`);
  } else if (result.kind !== 'done') faults.push(result.kind);
  const output = written.split('\n');
  if (output.at(-1) === '') output.pop();
  return { output, errors: [], messages: [], hints: [], faults };
}

function runPlain(program: Program, host: ScriptHost): ScriptResult {
  return program.runMain(host, ['first', 'second'], REDUCTIONS);
}

/** In slices of sizes that change, so that runs stop at many places. */
function sliced(program: Program, host: ScriptHost): ScriptResult {
  let next = 1;
  return runSliced(program.startMain(host, ['first', 'second'], REDUCTIONS), () => {
    const reductions = next;
    next = (reductions * 7) % 100_003;
    return reductions;
  });
}

for (const [name, text] of Object.entries(files)) {
  if (name.includes('/')) continue;
  test(name, (t) => {
    const wanted: Outcome = {
      output: expectations(text, 'expect'),
      errors: expectations(text, 'expect-error'),
      messages: expectations(text, 'expect-message'),
      hints: expectations(text, 'expect-hint'),
      faults: expectations(text, 'expect-fault'),
    };
    t.true(
      Object.values(wanted).some((lines: string[]) => lines.length > 0),
      'the program says nothing of what it should do',
    );
    for (const form of [runPlain, sliced]) {
      const found = run(name, form);
      if (wanted.messages.length === 0) found.messages = [];
      if (wanted.hints.length === 0) found.hints = [];
      if (wanted.faults.every((fault) => !fault.includes(' ')))
        found.faults = found.faults.map((fault) => fault.split(' ')[0]!);
      t.deepEqual(found, wanted, form.name);
    }
  });
}
