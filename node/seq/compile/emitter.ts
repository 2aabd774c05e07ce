// What the parts of the compiler that emit a function share: its module, its stack and its lines.
import type { Builtin } from '../builtins/table.ts';
import type { Literal, Op, Word } from '../check/ir.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { ConstantTable, LineOrigin } from './code.ts';
import type { Form, Kind } from './form.ts';
import type { Operand, SymbolicStack } from './operand.ts';
import type { Widths } from './widths.ts';

/** What a function asks of the module that it is part of. */
export interface ModuleScope {
  readonly constants: ConstantTable;
  readonly form: Form;
  /** What the word compiles to. */
  kindOf(word: Word): Kind;
  /** What quotations of which only the effect is known compile to. */
  readonly quotationKind: Kind;
  /** A number for a place that is called from. */
  site(origin: LineOrigin): number;
  /** The name of the compiled word; it is compiled if it is not yet. */
  wordName(word: Word, widths: Widths): string;
  /** The name of the compiled quotation literal. */
  literalName(op: Op & { op: 'quote' }): string;
  /** The name of the function of a builtin that calls quotations, for this literal if that is known. */
  templateName(builtin: Builtin, literal: Literal | undefined): string;
  /** The state of the word in the loop that is compiled here, if a tail call of it is a jump. */
  jumpTarget(word: Word, widths: Widths): JumpTarget | undefined;
}

/** Where a tail call goes without a call. */
export interface JumpTarget {
  /** Variables that its inputs are in. */
  readonly parameters: readonly string[];
  /** Statements before the jump, such as the choice of a state. */
  readonly prepare: string;
  readonly label: string;
}

/** A function that is being emitted. */
export interface Emitter {
  readonly scope: ModuleScope;
  readonly constants: ConstantTable;
  readonly word: string;
  readonly stack: SymbolicStack;
  /** Whether the loop only knows Ints that are numbers, and can still give its turn up. */
  speculates: boolean;
  /** A new name for a variable. */
  fresh(): string;
  line(text: string, at?: Span): void;
  /** Pushes the value of `expression`. */
  assign(expression: string, at?: Span, is?: Operand['is']): void;
  /** Gives the turn of a speculating loop up unless `test` holds. */
  require(test: string): void;
  /** Calls `target` and pushes its results. */
  callResults(target: string, count: number, at: Span, kind: Kind): void;
}
