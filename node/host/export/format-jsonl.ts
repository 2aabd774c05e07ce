// An export as lines of JSON: see docs/FORMATS.md.
import { createReadStream, renameSync, rmSync } from 'node:fs';
import { SeqNodeError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { count, record as fieldsOf, text } from '../../base/tree.ts';
import { BufferedFile } from './buffered-file.ts';
import { damaged, type ExportHeader, type ExportItem, type ExportWriter, type Items } from './items.ts';
import { rowFromJson, rowToJson } from './row-json.ts';
import { type ExportRow, ROW_KINDS, type RowKind } from './rows.ts';

const PARTIAL = '.partial';
/** Rows that a reader hands on at once. */
const BATCH_ROWS = 1000;

export class JsonlWriter implements ExportWriter {
  readonly #name: string;
  readonly #file: BufferedFile;
  #path = '';

  constructor(name: string) {
    this.#name = name;
    rmSync(name + PARTIAL, { force: true });
    this.#file = new BufferedFile(name + PARTIAL);
  }

  write(item: ExportItem): void {
    switch (item.kind) {
      case 'header':
        return this.#line({ export: item.header as unknown as Json });
      case 'module':
        return this.#line({ module: item.hash, entry: item.entry, files: item.files });
      case 'actor':
        this.#path = item.path;
        return;
      case 'rows':
        for (const row of item.rows) {
          const named = row.kind === 'record' || row.name === '' ? {} : { name: row.name };
          this.#line({ actor: this.#path, kind: row.kind, ...named, value: rowToJson(row) });
        }
        return;
      case 'actor-end':
        return this.#line({ actor: item.path, ...item.sum });
      case 'end':
        return this.#line({ end: { ...item.totals } });
    }
  }

  #line(json: Json): void {
    this.#file.write(Buffer.from(`${JSON.stringify(json)}\n`));
  }

  async finish(): Promise<void> {
    this.#file.close(true);
    renameSync(this.#name + PARTIAL, this.#name);
  }

  async abandon(): Promise<void> {
    this.#file.abandon();
    rmSync(this.#name + PARTIAL, { force: true });
  }
}

/** Throws `export-damaged` with the number of the line that cannot be read. */
export async function* readJsonl(name: string): Items {
  const reading = new LineReading();
  let number = 0;
  for await (const line of linesOf(name)) {
    number++;
    try {
      yield* reading.line(line);
    } catch (error) {
      if (!(error instanceof SeqNodeError || error instanceof SyntaxError)) throw error;
      throw damaged(`Line ${number} of ${name} is not as it was written. ${error.message}`, {
        file: name,
        line: number,
      });
    }
  }
}

class LineReading {
  #path: string | undefined;
  #rows: ExportRow[] = [];
  #records = 0;

  *line(line: string): Generator<ExportItem> {
    const fields = fieldsOf(JSON.parse(line));
    if (fields.export !== undefined)
      yield { kind: 'header', header: fieldsOf(fields.export) as unknown as ExportHeader };
    else if (fields.module !== undefined)
      yield {
        kind: 'module',
        hash: text(fields.module),
        entry: text(fields.entry),
        files: fieldsOf(fields.files) as Record<string, string>,
      };
    else if (fields.end !== undefined) {
      const { actors, ...sum } = sumOf(fieldsOf(fields.end));
      yield { kind: 'end', totals: { actors, ...sum } };
    } else yield* this.#ofActor(fields);
  }

  *#ofActor(fields: Readonly<Record<string, unknown>>): Generator<ExportItem> {
    const path = text(fields.actor);
    if (path !== this.#path) {
      if (this.#path !== undefined) throw damaged(`The rows of ${this.#path} are not all here.`);
      this.#path = path;
      this.#records = 0;
      yield { kind: 'actor', path };
    }
    if (fields.kind !== undefined) {
      this.#rows.push(this.#row(kindOf(fields.kind), fields));
      if (this.#rows.length >= BATCH_ROWS) yield { kind: 'rows', rows: this.#rows.splice(0) };
      return;
    }
    if (this.#rows.length > 0) yield { kind: 'rows', rows: this.#rows.splice(0) };
    this.#path = undefined;
    const { rows, records, crc } = fields;
    yield {
      kind: 'actor-end',
      path,
      sum: { rows: count(rows), records: count(records), crc: count(crc) },
    };
  }

  #row(kind: RowKind, { name, value }: Readonly<Record<string, unknown>>): ExportRow {
    const known = kind === 'record' ? String(++this.#records) : name === undefined ? '' : text(name);
    return rowFromJson(kind, known, value);
  }
}

const sumOf = (fields: Readonly<Record<string, unknown>>) => ({
  actors: count(fields.actors),
  rows: count(fields.rows),
  records: count(fields.records),
  crc: count(fields.crc),
});

export function kindOf(value: unknown): RowKind {
  const kind = ROW_KINDS.find((each) => each === value);
  if (kind === undefined) throw damaged(`No row is a ${JSON.stringify(value)}.`);
  return kind;
}

/** Lines as they stand between line feeds. One that does not end is cut off. */
export async function* linesOf(name: string): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(name, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = chunk.subarray(from, at);
      yield (rest.length === 0 ? line : Buffer.concat([...rest, line])).toString('utf8');
      rest = [];
      from = at + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) throw damaged(`${name} is cut off: its last line does not end.`, { file: name });
}
