/** One entry of an archive. Owner root, time zero: the same entries give the same bytes on every machine. */
export type TarEntry =
  | { readonly type: 'file'; readonly path: string; readonly content: Buffer; readonly mode?: number }
  | { readonly type: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

const blockBytes = 512;
const nameBytesMax = 100;
const typeFlags = { file: '0', symlink: '2', directory: '5' } as const;

/** A POSIX ustar archive; paths of at most 100 bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.type === 'file' ? entry.content : Buffer.alloc(0);
    blocks.push(header(entry, content.length), content, Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes));
  }
  blocks.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(blocks);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const link = entry.type === 'symlink' ? entry.target : '';
  if (Buffer.byteLength(path) > nameBytesMax || Buffer.byteLength(link) > nameBytesMax) throw new RangeError(`path too long for an image layer: ${path}`);
  block.write(path, 0);
  writeOctal(block, 100, 8, entry.type === 'symlink' ? 0o777 : (entry.mode ?? (entry.type === 'file' ? 0o644 : 0o755)));
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, size);
  writeOctal(block, 136, 12, 0);
  block.write('        ', 148);
  block.write(typeFlags[entry.type], 156);
  block.write(link, 157);
  block.write('ustar\u000000', 257, 'latin1');
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

function writeOctal(block: Buffer, at: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\u0000`, at, 'latin1');
}
