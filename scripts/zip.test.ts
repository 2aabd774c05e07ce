// The archive is read back as APPNOTE says: from its end to the directory, and from there to the files.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import test from 'ava';
import { vsixFiles } from './vsix.ts';
import { zip } from './zip.ts';

function unzipped(archive: Buffer): Map<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, size] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24)];
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const local = archive.readUInt32LE(at + 42);
    const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const bytes = inflateRawSync(archive.subarray(begin, begin + packed));
    if (bytes.length !== size || crc32(bytes) !== archive.readUInt32LE(at + 16))
      throw new Error(`${name} is damaged`);
    if (archive.toString('utf8', local + 30, local + 30 + nameLength) !== name)
      throw new Error(`${name} is elsewhere`);
    files.set(name, bytes);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  if (at !== end) throw new Error('the directory does not end where it should');
  return files;
}

test('what is packed comes back, and the same files give the same archive', (t) => {
  const files = new Map<string, Uint8Array>([
    ['empty', new Uint8Array()],
    ['ordner/größe.txt', Buffer.from('text '.repeat(1000))],
    ['bytes', Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 256)],
  ]);
  const archive = zip(files);
  t.deepEqual(unzipped(archive), new Map([...files].map(([name, bytes]) => [name, Buffer.from(bytes)])));
  t.deepEqual(zip(files), archive);
});

test('the extension names files that it has', (t) => {
  const folder = join(import.meta.dirname, '..', 'editors', 'vscode');
  const text = readFileSync(join(folder, 'package.json'));
  const manifest = JSON.parse(text.toString());
  for (const { configuration } of manifest.contributes.languages)
    t.true(existsSync(join(folder, configuration)));
  for (const { path } of manifest.contributes.grammars) t.true(existsSync(join(folder, '..', path)));
  const packed = vsixFiles(new Map([['package.json', text]]));
  t.deepEqual(
    [...packed.keys()],
    ['extension.vsixmanifest', '[Content_Types].xml', 'extension/package.json'],
  );
  const described = Buffer.from(packed.get('extension.vsixmanifest')!).toString();
  for (const part of [
    `Id="${manifest.name}"`,
    `Version="${manifest.version}"`,
    `Value="${manifest.engines.vscode}"`,
  ])
    t.true(described.includes(part), part);
});
