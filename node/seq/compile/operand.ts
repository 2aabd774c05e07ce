/** A value on the symbolic stack: the JavaScript that names it, evaluated already and free to be named again. */
export interface Operand {
  readonly code: string;
  /** What is known of it whatever the program does. */
  readonly is?: 'boolean' | 'small' | 'float' | 'string';
}

/** The stacks of a function at one point of it. */
export class SymbolicStack {
  items: Operand[];
  aux: Operand[];

  constructor(items: Operand[], aux: Operand[] = []) {
    this.items = items;
    this.aux = aux;
  }

  push(operand: Operand): void {
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
