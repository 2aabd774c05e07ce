import type { Value } from '../../base/value.ts';

/** A quotation as a value. Not data: it cannot be journaled or sent. */
export class Quotation {
  /**
   * Takes `inputs` values, bottom to top. Gives the first result; further ones are in the registers of its
   * module.
   */
  readonly run: (...args: Value[]) => Value;
  readonly inputs: number;
  readonly outputs: number;
  /** Which literal of the program it is. */
  readonly index: number;
  readonly captured: readonly Value[];

  constructor(
    run: (...args: Value[]) => Value,
    inputs: number,
    outputs: number,
    index: number,
    captured: readonly Value[],
  ) {
    this.run = run;
    this.inputs = inputs;
    this.outputs = outputs;
    this.index = index;
    this.captured = captured;
  }
}
