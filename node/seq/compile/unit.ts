// Code that is evaluated together: a module, or what it left out.
import type { Literal } from '../check/ir.ts';
import { CodeText, type ConstantTable, type LineOrigin } from './code.ts';
import { type Kind, keyword } from './form.ts';

export class Unit {
  /** It is evaluated in the scope of a module that has variables for its functions. */
  readonly isLater: boolean;
  readonly code = new CodeText();
  /** Those that it names. More may come while the code of one is added. */
  readonly literals = new Set<Literal>();
  readonly #templates = new Map<string, string>();
  readonly #templateCode = new CodeText();

  constructor(isLater: boolean) {
    this.isLater = isLater;
  }

  /** The first line of a function that others call by `name`. `cell` also has it where it comes later. */
  head(kind: Kind, name: string, parameters: string, cell: string): string {
    const head = `${keyword(kind)} ${name}(${parameters}) {`;
    return this.isLater ? `${cell}${name} = ${head}` : head;
  }

  /** The name of the function with this source, which is there once. */
  template(source: string): string {
    let name = this.#templates.get(source);
    if (name === undefined) {
      name = `h${this.#templates.size}`;
      this.#templates.set(source, name);
      this.#templateCode.add(`const ${name} = ${source};`);
    }
    return name;
  }

  /** All of it, behind `text`. */
  behind(
    text: CodeText,
    constants: ConstantTable,
  ): { readonly source: string; readonly origins: readonly (LineOrigin | undefined)[] } {
    for (const line of constants.declarations()) text.add(line);
    text.appendText(this.#templateCode);
    text.appendText(this.code);
    return { source: text.text(), origins: text.origins };
  }
}
