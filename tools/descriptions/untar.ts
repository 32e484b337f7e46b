const blockBytes = 512;

/** The plain files of a tar archive (POSIX ustar), as path and content; for archives whose hash is known. */
export function* untar(archive: Buffer): Generator<readonly [path: string, content: Buffer]> {
  const textAt = (from: number, length: number): string => archive.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  for (let at = 0; at + blockBytes <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(textAt(at + 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0) throw new Error('the tar archive is damaged');
    const prefix = textAt(at + 345, 155);
    const path = `${prefix === '' ? '' : `${prefix}/`}${textAt(at, 100)}`;
    const type = textAt(at + 156, 1);
    const content = archive.subarray(at + blockBytes, at + blockBytes + size);
    if (content.length < size) throw new Error('the tar archive is cut short');
    if (type === '0' || type === '') yield [path, content];
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes;
  }
}
