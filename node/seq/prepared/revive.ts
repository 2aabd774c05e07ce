// A program that was written down, ready to run.
import { Float, sym, type Text, textOf } from '../../base/value.ts';
import type { Program } from '../api.ts';
import type { BuiltinRow } from '../builtins/table.ts';
import type { LineOrigin } from '../compile/code.ts';
import { constantText } from '../compile/constants.ts';
import type { CompiledModule, LaterCode } from '../compile/module.ts';
import { NotNumericError, type NumericBinary } from '../compile/wasm/interface.ts';
import { Engine } from '../run/engine.ts';
import { Forms } from '../run/forms.ts';
import { SCRIPT_REDUCTIONS, scriptJob, scriptRun } from '../run/script.ts';
import type {
  PreparedBuiltin,
  PreparedCode,
  PreparedConstant,
  PreparedModule,
  PreparedNumeric,
  PreparedPlace,
  PreparedProgram,
} from './prepared-program.ts';

/** Rows of builtin words by their group: see builtins/all-rows.ts. */
export type Builtins = ReadonlyMap<string, readonly BuiltinRow[]>;

/** The groups that a program refers to. */
export function groupsOf({ plain, resumable }: PreparedProgram): ReadonlySet<string> {
  const groups = new Set<string>();
  for (const { constants } of [plain, resumable])
    for (const constant of constants) if (constant[0] === 'builtin') groups.add(constant[1]);
  return groups;
}

/** As the program that it was made of, for runs of `main`. */
export function revive(prepared: PreparedProgram, builtins: Builtins): Pick<Program, 'launch'> {
  const { main, places } = prepared;
  const forms = new Forms((form) => new Engine(compiled(prepared[form], places, builtins), form));
  return {
    launch: (_, host, args, reductions = SCRIPT_REDUCTIONS) =>
      scriptRun(forms.launch(scriptJob(main, host, args, noReference), reductions)),
  };
}

/** Only turns of actors refer to behaviours. */
function noReference(): never {
  throw new Error('a script asked for the reference of a behaviour');
}

function compiled(
  module: PreparedModule,
  places: readonly PreparedPlace[],
  builtins: Builtins,
): CompiledModule {
  const { source, constants, strands, numeric, later } = module;
  return {
    source,
    origins: originsOf(module.origins, places),
    sites: originsOf(module.sites, places) as LineOrigin[],
    constants: constants.map((constant) => constantOf(constant, builtins)),
    strands,
    numeric: numeric && numericOf(numeric, places),
    later: (kind, number) => codeOf(later[kind][number]!, places),
    left: { word: Object.keys(later.word).map(Number), literal: Object.keys(later.literal).map(Number) },
  };
}

const codeOf = ({ source, origins }: PreparedCode, places: readonly PreparedPlace[]): LaterCode => ({
  source,
  origins: originsOf(origins, places),
});

const originsOf = (
  numbers: readonly number[],
  places: readonly PreparedPlace[],
): (LineOrigin | undefined)[] => numbers.map((number) => originOf(places[number]));

function originOf(place: PreparedPlace | undefined): LineOrigin | undefined {
  if (place === undefined) return undefined;
  const [word, file, line, column] = place;
  return { word, at: { source: { file }, line, column } };
}

function numericOf(numeric: PreparedNumeric | 'refused', places: readonly PreparedPlace[]): NumericBinary {
  return {
    binary: () => {
      if (numeric === 'refused') throw new NotNumericError();
      const { bytes, origins, faults } = numeric;
      return {
        bytes: Uint8Array.from(bytes),
        origins: new Map(origins.map(([position, place]) => [position, originOf(places[place])!])),
        faults,
      };
    },
  };
}

function constantOf(constant: PreparedConstant, builtins: Builtins): Text | object {
  switch (constant[0]) {
    case 'text':
      return constantText(constant[1]);
    case 'float':
      return new Float(Number(constant[1]));
    case 'symbol':
      return sym(constant[1]);
    case 'bytes':
      return textOf(Uint8Array.from(constant[1]));
    case 'builtin':
      return builtinFunction(constant, builtins);
  }
}

function builtinFunction([, group, word, property]: PreparedBuiltin, builtins: Builtins): object {
  const row = builtins.get(group)?.find(({ name }) => name === word);
  const found = (row as Readonly<Record<string, unknown>> | undefined)?.[property];
  if (typeof found !== 'function') throw new Error(`the builtin ${word} has no ${property}`);
  return found;
}
