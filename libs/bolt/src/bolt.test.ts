import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoltError, BoltFile, boltPages, BucketReader, measureBolt, memorySource, type BoltContent, type BoltEntry } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);

type Tree = ReadonlyArray<readonly [string, string | Tree]>;

function content(tree: Tree): BoltContent {
  return async function* () {
    for (const [key, value] of tree) yield [[bytes(key), typeof value === 'string' ? bytes(value) : content(value)] satisfies BoltEntry];
  };
}

async function fileOf(tree: Tree, pageBytes = 1024): Promise<Buffer> {
  const layout = await measureBolt(content(tree), pageBytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of boltPages(content(tree), layout)) pieces.push(piece);
  const file = Buffer.concat(pieces);
  expect(file.length).toBe(layout.bytes);
  return file;
}

async function treeOf(bucket: BucketReader): Promise<Tree> {
  const tree: Array<readonly [string, string | Tree]> = [];
  for await (const slice of bucket.entries()) {
    for (const [key, value] of slice) tree.push([text(key), value instanceof BucketReader ? await treeOf(value) : text(value)]);
  }
  return tree;
}

const numbered = (count: number, length: number): Tree => Array.from({ length: count }, (_, at) => [`key-${String(at).padStart(6, '0')}`, 'v'.repeat(length)]);

test('writes what it reads: empty, inline, nested, many pages, values longer than a page', async () => {
  const tree: Tree = [
    ['big', [['huge', 'x'.repeat(10_000)], ['small', 'y']]],
    ['empty', []],
    ['few', [['a', '1'], ['b', '']]],
    ['many', numbered(5000, 40)],
    ['nest', [['inner', [['deep', numbered(200, 10)]]], ['plain', 'z']]],
  ];
  const file = await BoltFile.open(memorySource(await fileOf(tree)));
  await file.check();
  expect(await treeOf(file.root)).toEqual(tree);
  const many = await file.root.bucket('many');
  expect(text((await many?.get(bytes('key-004321'))) as Uint8Array)).toHaveLength(40);
  expect(await many?.get(bytes('key-004321x'))).toBeUndefined();
  expect(text((await many?.last())?.[0] ?? new Uint8Array())).toBe('key-004999');
  expect(await (await file.root.bucket('empty'))?.last()).toBeUndefined();
  expect(await file.root.bucket('missing')).toBeUndefined();
});

test('every branch has two children, whatever the number of leaves', async () => {
  // bbolt ends with "parent must have at least 2 children" when it merges the only child of a branch.
  for (let leaves = 20; leaves < 60; leaves++) {
    const bytesOfFile = await fileOf([['b', numbered(leaves, 900)]]);
    const view = new DataView(bytesOfFile.buffer, bytesOfFile.byteOffset);
    for (let page = 3; page < bytesOfFile.length / 1024; page++) {
      if (view.getUint16(page * 1024 + 8, true) === 1) expect(view.getUint16(page * 1024 + 10, true)).toBeGreaterThan(1);
    }
    await (await BoltFile.open(memorySource(bytesOfFile))).check();
  }
});

test('any content comes back', async () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.array(names, { maxLength: 4 }), fc.integer({ min: 0, max: 2000 }), async (buckets, length) => {
      const tree: Tree = buckets.map((keys, at) => [`b${at}`, keys.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))).map((key) => [key, 'v'.repeat(length)] as const)] as const);
      const file = await BoltFile.open(memorySource(await fileOf(tree)));
      await file.check();
      expect(await treeOf(file.root)).toEqual(tree);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('refuses keys that the format cannot hold, and a content that changes between the passes', async () => {
  await expect(measureBolt(content([['', 'x']]))).rejects.toThrow(new BoltError('a key of 0 bytes: the format holds 1 to 32768'));
  await expect(measureBolt(content([['k'.repeat(40_000), 'x']]))).rejects.toThrow(BoltError);
  const layout = await measureBolt(content(numbered(100, 100)));
  const changed = async (): Promise<void> => {
    for await (const page of boltPages(content(numbered(400, 100)), layout)) expect(page.length).toBeGreaterThan(0);
  };
  await expect(changed()).rejects.toThrow('the content changed');
});

test('the second meta page counts when the first is damaged', async () => {
  const bytesOfFile = await fileOf([['b', numbered(10, 10)]]);
  bytesOfFile[40] = 0xff;
  const file = await BoltFile.open(memorySource(bytesOfFile));
  await file.check();
  bytesOfFile[1024 + 40] = 0xff;
  await expect(BoltFile.open(memorySource(bytesOfFile))).rejects.toThrow('neither of the two meta pages is valid: the first has a wrong checksum');
  await expect(BoltFile.open(memorySource(bytes('hello')))).rejects.toThrow('is beyond the end of the file');
});

test('names what is damaged', async () => {
  const good = await fileOf([['b', numbered(300, 30)]]);
  const damaged = async (change: (view: DataView) => void): Promise<void> => {
    const copy = new Uint8Array(good);
    change(new DataView(copy.buffer));
    await (await BoltFile.open(memorySource(copy))).check();
  };
  await expect(damaged((view) => view.setUint32(5 * 1024, 77, true))).rejects.toThrow('page 5 is damaged: it says that it is page 77');
  await expect(damaged((view) => view.setUint16(5 * 1024 + 8, 0x10, true))).rejects.toThrow('page 5 is damaged: it is none of branch, leaf');
  await expect(damaged((view) => view.setUint16(5 * 1024 + 10, 9999, true))).rejects.toThrow('page 5');
  await expect(damaged((view) => view.setUint32(5 * 1024 + 16 + 8, 99_999, true))).rejects.toThrow('element 0 of page 5 reaches beyond its page');
  await expect(damaged((view) => view.setUint8(good.indexOf('key-', 5 * 1024), 0xff))).rejects.toThrow('page 5 is damaged: its keys are out of order at element');
  await expect(BoltFile.open(memorySource(good.subarray(0, 8192)))).rejects.toThrow('the file is cut off: 8192 of');
  // A page that leads to itself: a hostile file must not be followed forever.
  const branch = Array.from({ length: good.length / 1024 }, (_, page) => page).find((page) => good[page * 1024 + 8] === 1 && page > 2) ?? 0;
  await expect(damaged((view) => view.setUint32(branch * 1024 + 16 + 8, branch, true))).rejects.toThrow(BoltError);
  await expect(damaged((view) => view.setUint32(branch * 1024 + 16 + 8, 4, true))).rejects.toThrow(BoltError);
});

test('whatever bytes are changed, reading ends, and fails with an error of its own only', async () => {
  const good = await fileOf([['a', numbered(120, 30)], ['b', [['inner', numbered(40, 20)], ['x', 'y'.repeat(3000)]]], ['c', []]]);
  const change = fc.tuple(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: good.length }), async (changes, cut) => {
      const bytesOfFile = new Uint8Array(good.subarray(0, cut % 3 === 0 ? cut : good.length));
      for (const [at, byte] of changes) if (at < bytesOfFile.length) bytesOfFile[at] = byte;
      try {
        const file = await BoltFile.open(memorySource(bytesOfFile));
        await file.check();
        await treeOf(file.root);
        await (await file.root.bucket('a'))?.get(bytes('key-000077'));
        await (await file.root.bucket('a'))?.last();
      } catch (error) {
        expect(error).toBeInstanceOf(BoltError);
      }
    }),
    { numRuns: 400, seed: 3 },
  );
});

test('a header that names itself or huge counts does not run away', async () => {
  const good = await fileOf([['a', numbered(300, 30)]]);
  for (let page = 2; page < good.length / 1024; page++) {
    for (const [offset, value] of [[8, 0xffff_0001], [8, 0xffff_0002], [8, 0xffff_0010], [12, 0xffff_ffff], [16, 0xffff_ffff], [20, 0x7fff_fff0], [24, 0xffff_ffff]] as const) {
      const copy = new Uint8Array(good);
      new DataView(copy.buffer).setUint32(page * 1024 + offset, value, true);
      try {
        await (await BoltFile.open(memorySource(copy))).check();
      } catch (error) {
        expect(error).toBeInstanceOf(BoltError);
      }
    }
  }
});
