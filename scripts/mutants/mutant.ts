// One small mistake, and the test that is to notice it.

/** Paths are relative to the repository. `match` is ava's: a title, with `*` for anything. */
export type MutantTest =
  /** A unit test; `slow` takes more than seconds. */
  | { readonly ava: string; readonly match?: string; readonly slow?: true }
  /** A test over real processes. */
  | { readonly integration: string; readonly match?: string }
  /** Seeds of the simulator, one of which is to fail. */
  | { readonly seeds: readonly [from: number, count: number]; readonly kinds?: readonly string[] };

export interface Mutant {
  /** Of its own. */
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly before: string;
  readonly after: string;
  /** What goes wrong where it goes unnoticed. */
  readonly why: string;
  readonly test: MutantTest;
  /** Why no test can notice it. */
  readonly survives?: string;
}
