import type { Literal } from '../check/ir.ts';

/**
 * A value on the symbolic stack: the JavaScript that names it, evaluated already and free to be named again.
 */
export interface Operand {
  readonly code: string;
  /** What is known of it whatever the program does; `small` is an Int that is a number of JavaScript. */
  readonly is?: 'boolean' | 'small' | 'float';
  /** The quotation literal that it is, without captures. */
  readonly literal?: Literal;
}

/** How many values a word may keep on the stack at once: each is a variable of its function. */
const STACK_DEPTH_MAX = 1000;

/** The program asks for more code than is allowed. */
export class TooLargeError extends Error {}

/** The stacks of a function at one point of it. */
export class SymbolicStack {
  items: Operand[];
  aux: Operand[];

  constructor(items: Operand[], aux: Operand[] = []) {
    this.items = items;
    this.aux = aux;
  }

  push(operand: Operand): void {
    if (this.items.length >= STACK_DEPTH_MAX)
      throw new TooLargeError(`A word keeps more than ${STACK_DEPTH_MAX} values on the stack.`);
    this.items.push(operand);
  }

  pop(): Operand {
    const top = this.items.pop();
    if (top === undefined) throw new Error('the compiler took a value from an empty stack');
    return top;
  }

  /** The topmost `count`, bottom to top. */
  take(count: number): Operand[] {
    if (count > this.items.length) throw new Error('the compiler took too many values from the stack');
    return count === 0 ? [] : this.items.splice(this.items.length - count, count);
  }

  copy(): SymbolicStack {
    return new SymbolicStack([...this.items], [...this.aux]);
  }
}
