// Reads the part of YAML that docker-compose.yml uses, and throws on any other: block maps and lists, flow
// lists of quoted text, plain and quoted scalars, anchors, aliases and merges.

export type Yaml = string | null | Yaml[] | { [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

export function parseYaml(source: string): Yaml {
  const lines = source.split('\n').flatMap((raw, at): Line[] => {
    const text = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    if (text.trim() === '') return [];
    if (raw.includes('\t')) throw new Error(`line ${at + 1}: a tab`);
    return [{ indent: text.length - text.trimStart().length, text: text.trim(), number: at + 1 }];
  });
  const parser = new Parser(lines);
  const value = parser.block(0);
  parser.end();
  return value;
}

class Parser {
  readonly #lines: readonly Line[];
  readonly #anchors = new Map<string, Yaml>();
  #at = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  end() {
    if (this.#at < this.#lines.length) throw this.#error('unexpected indentation');
  }

  block(indent: number): Yaml {
    const first = this.#lines[this.#at];
    if (first === undefined || first.indent < indent) return null;
    return first.text.startsWith('- ') ? this.#list(first.indent) : this.#map(first.indent);
  }

  #list(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      if (!line.text.startsWith('- ')) throw this.#error('a list item is missing');
      this.#at++;
      items.push(this.#scalar(line.text.slice(2).trim()));
    }
    return items;
  }

  #map(indent: number): { [key: string]: Yaml } {
    const map: { [key: string]: Yaml } = {};
    for (let line = this.#lines[this.#at]; line?.indent === indent; line = this.#lines[this.#at]) {
      const match = /^([A-Za-z0-9_.<-]+):(?: +(.*))?$/.exec(line.text);
      if (!match) throw this.#error('neither a key nor a list item');
      const [, key = '', rest = ''] = match;
      if (Object.hasOwn(map, key)) throw this.#error(`the key ${key} stands twice`);
      this.#at++;
      const anchor = /^&(\S+)(?: +(.*))?$/.exec(rest);
      const text = anchor ? (anchor[2] ?? '') : rest;
      const value = text === '' ? this.block(indent + 1) : this.#scalar(text);
      if (anchor) this.#anchors.set(anchor[1]!, value);
      if (key !== '<<') map[key] = value;
      else for (const [name, merged] of Object.entries(value as object)) map[name] ??= merged as Yaml;
    }
    return map;
  }

  #scalar(text: string): Yaml {
    if (text.startsWith('*')) {
      const value = this.#anchors.get(text.slice(1));
      if (value === undefined) throw this.#error(`there is no anchor ${text.slice(1)}`);
      return value;
    }
    if (text.startsWith('[') || text.startsWith('"')) return JSON.parse(text) as Yaml;
    if (/^[{>|'!%@`&]/.test(text) || text.includes(': ')) throw this.#error(`cannot read ${text}`);
    return text;
  }

  #error(what: string): Error {
    return new Error(`line ${this.#lines[Math.min(this.#at, this.#lines.length - 1)]?.number}: ${what}`);
  }
}
