// What the behaviours of a program take and answer, for people and programs that talk to its actors.

/** The name of a type, such as Int or that of a union; with the tag, where it is always that variant. */
export interface AnswerType {
  readonly type: string;
  readonly tag?: string;
}

export interface FieldInfo {
  readonly name: string;
  /** Of the language, or a union of the program. */
  readonly type: string;
}

export interface UnionInfo {
  readonly name: string;
  readonly variants: readonly { readonly tag: string; readonly fields: readonly FieldInfo[] }[];
}

export interface BehaviourInfo {
  readonly word: string;
  /** Undefined: it takes any variant. */
  readonly messages:
    | readonly {
        readonly tag: string;
        readonly fields: readonly FieldInfo[];
        /** What it may be answered; empty where it never is. */
        readonly answers: readonly AnswerType[];
      }[]
    | undefined;
}

export interface ProgramInterface {
  /** Those that messages and answers are made of, by name. */
  readonly unions: readonly UnionInfo[];
  readonly behaviours: readonly BehaviourInfo[];
}
