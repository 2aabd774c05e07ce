// A checked program to one that can be written down.
import { Bytes, Float, Sym } from '../../base/value.ts';
import { ROW_GROUPS, type RowGroup } from '../builtins/all-rows.ts';
import type { BuiltinRow } from '../builtins/table.ts';
import type { Literal, Word } from '../check/ir.ts';
import type { LineOrigin } from '../compile/code.ts';
import { PLAIN, RESUMABLE } from '../compile/form.ts';
import { type CompiledModule, compileModule, type LaterCode, type LaterKind } from '../compile/module.ts';
import { TooLargeError } from '../compile/operand.ts';
import { NotNumericError, type NumericBinary } from '../compile/wasm/interface.ts';
import type { ScriptWord } from '../run/script.ts';
import type {
  PreparedBuiltin,
  PreparedCode,
  PreparedConstant,
  PreparedModule,
  PreparedNumeric,
  PreparedPlace,
  PreparedProgram,
} from './prepared-program.ts';

/** Thrown where a module refers to what cannot be written down. */
class NotPreparedError extends Error {}

/**
 * Compiles all words, in both forms. Undefined for a program with something that only its compilation makes,
 * such as a word of an older release, or that is too large.
 */
export function prepareProgram(
  words: readonly Word[],
  literals: readonly Literal[],
  main: ScriptWord,
): PreparedProgram | undefined {
  try {
    const places = new Places();
    const [plain, resumable] = [PLAIN, RESUMABLE].map((form) =>
      preparedModule(compileModule(words, literals, form), places),
    );
    return { main, plain: plain!, resumable: resumable!, places: places.all };
  } catch (error) {
    // A RangeError: a word nests too deep for this stack.
    const expected = [NotPreparedError, TooLargeError, RangeError].some((kind) => error instanceof kind);
    if (expected) return undefined;
    throw error;
  }
}

/** Each place once. */
class Places {
  readonly all: PreparedPlace[] = [];
  readonly #numbers = new Map<string, number>();

  of(origin: LineOrigin | undefined): number {
    if (origin === undefined) return -1;
    const { word, at } = origin;
    const place: PreparedPlace = [word, at.source.file, at.line, at.column];
    const key = JSON.stringify(place);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(place) - 1;
  }
}

function preparedModule(module: CompiledModule, places: Places): PreparedModule {
  const codeOf = ({ source, origins }: LaterCode): PreparedCode => ({
    source,
    origins: origins.map((origin) => places.of(origin)),
  });
  const laterOf = (kind: LaterKind) =>
    Object.fromEntries(module.left[kind].map((number) => [number, codeOf(module.later(kind, number))]));
  // First: these name more constants and sites.
  const later = { word: laterOf('word'), literal: laterOf('literal') };
  return {
    ...codeOf(module),
    later,
    constants: module.constants.map(preparedConstant),
    strands: module.strands,
    sites: module.sites.map((site) => places.of(site)),
    numeric: module.numeric && preparedNumeric(module.numeric, places),
  };
}

function preparedNumeric(numeric: NumericBinary, places: Places): PreparedNumeric | 'refused' {
  try {
    const { bytes, origins, faults } = numeric.binary();
    return {
      bytes: [...bytes],
      origins: [...origins].map(([position, origin]) => [position, places.of(origin)]),
      faults,
    };
  } catch (error) {
    if (error instanceof NotNumericError) return 'refused';
    throw error;
  }
}

function preparedConstant(value: unknown): PreparedConstant {
  if (typeof value === 'string') return ['text', value];
  if (value instanceof Float) return ['float', Object.is(value.value, -0) ? '-0' : String(value.value)];
  if (value instanceof Sym) return ['symbol', value.name];
  if (value instanceof Bytes) return ['bytes', [...value.bytes]];
  const builtin = builtinFunctions().get(value);
  if (builtin === undefined) throw new NotPreparedError();
  return builtin;
}

let functions: ReadonlyMap<unknown, PreparedBuiltin> | undefined;

/** The functions of all builtin words. */
function builtinFunctions(): NonNullable<typeof functions> {
  functions ??= new Map(
    (Object.entries(ROW_GROUPS) as [RowGroup, readonly BuiltinRow[]][]).flatMap(([group, rows]) =>
      rows.flatMap((row) =>
        Object.entries(row)
          .filter(([, value]) => typeof value === 'function')
          .map(([property, value]) => [value, ['builtin', group, row.name, property]] as const),
      ),
    ),
  );
  return functions;
}
