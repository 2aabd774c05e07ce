// The tree that the parser makes. Names are not yet resolved and nothing is typed.
import type { Value } from '../../base/value.ts';
import type { Source, Span } from './diagnostic.ts';
import type { ReleaseComment } from './release-comment.ts';

export type LiteralType = 'Int' | 'Float' | 'Bool' | 'String' | 'Symbol';

export type Node =
  /** `wide`: of an Int that needs the 64 bits which Ints had before 4.1. */
  | {
      readonly kind: 'literal';
      readonly type: LiteralType;
      readonly value: Value;
      readonly wide?: bigint;
      readonly at: Span;
    }
  | { readonly kind: 'name'; readonly name: string; readonly at: Span }
  | { readonly kind: 'quotation'; readonly body: readonly Node[]; readonly at: Span }
  /** `if … else … then`; the combinator `if` is a name. */
  | {
      readonly kind: 'if';
      readonly yes: readonly Node[];
      readonly no: readonly Node[];
      readonly hasElse: boolean;
      readonly at: Span;
    }
  | { readonly kind: 'match'; readonly arms: readonly Arm[]; readonly at: Span };

export interface Arm {
  readonly tag: string;
  /** Absent: all fields, in order. */
  readonly bindings?: readonly { readonly field: string; readonly at: Span }[];
  readonly body: readonly Node[];
  readonly at: Span;
}

export interface RowExpression {
  readonly name: string;
  readonly at: Span;
}

/** A side of an effect: an optional row and the types above it, bottom to top. */
export interface StackExpression {
  readonly row?: RowExpression;
  readonly types: readonly TypeExpression[];
}

export type TypeExpression =
  | { readonly kind: 'name'; readonly name: string; readonly at: Span }
  | {
      readonly kind: 'quotation';
      readonly closure: boolean;
      readonly effect: EffectExpression;
      readonly at: Span;
    };

export interface EffectExpression {
  readonly inputs: StackExpression;
  readonly outputs: StackExpression;
  /** The types of `| Yield T`. */
  readonly yields: readonly TypeExpression[];
  readonly at: Span;
}

export interface FieldDefinition {
  readonly name: string;
  readonly type: string;
  readonly at: Span;
}

export interface VariantDefinition {
  readonly tag: string;
  readonly fields: readonly FieldDefinition[];
  readonly at: Span;
}

export interface UnionDefinition {
  readonly name: string;
  readonly variants: readonly VariantDefinition[];
  readonly at: Span;
}

export interface WordDefinition {
  readonly name: string;
  readonly effect?: EffectExpression;
  readonly body: readonly Node[];
  /** Lint rules that `# seq:allow(…)` comments before the word switch off. */
  readonly allowed: readonly string[];
  readonly at: Span;
}

export interface Include {
  readonly kind: 'std' | 'ffi' | 'file';
  readonly name: string;
  readonly at: Span;
}

export interface FileTree {
  readonly source: Source;
  /** The releases that the file says it is for. */
  readonly release?: ReleaseComment;
  readonly includes: readonly Include[];
  readonly unions: readonly UnionDefinition[];
  readonly words: readonly WordDefinition[];
}
