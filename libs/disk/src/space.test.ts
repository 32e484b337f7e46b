import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { levelSpace } from './level-space.ts';
import { memorySpace } from './memory-space.ts';
import type { SpaceReader } from './key-value-space.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function all(space: SpaceReader): Promise<string[]> {
  const found: string[] = [];
  for await (const slice of space.entries(bytes('a'), bytes('d'))) for (const [key, value] of slice) found.push(`${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`);
  return found;
}

describe.each(['level', 'memory'])('key space: %s', (name) => {
  it('reads what batches wrote, in order, within bounds', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rhythm-space-'));
    const space = name === 'level' ? await levelSpace(join(directory, 'db')) : memorySpace();
    await space.batch([{ key: bytes('c'), value: bytes('3') }, { key: bytes('a'), value: bytes('1') }, { key: bytes('d'), value: bytes('4') }], false);
    await space.batch([{ key: bytes('b'), value: bytes('') }, { key: bytes('c') }], true);
    expect(await all(space)).toEqual(['a=1', 'b=']);
    expect(Buffer.from(space.get(bytes('d')) ?? []).toString()).toBe('4');
    expect(space.get(bytes('c'))).toBeUndefined();
    await space.close();
    rmSync(directory, { recursive: true });
  });

  it('keeps what a snapshot saw, whatever is written and compacted since', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rhythm-space-'));
    const space = name === 'level' ? await levelSpace(join(directory, 'db')) : memorySpace();
    await space.batch([{ key: bytes('a'), value: bytes('1') }, { key: bytes('b'), value: bytes('2') }], false);
    const snapshot = space.snapshot();
    await space.batch([{ key: bytes('a'), value: bytes('9') }, { key: bytes('b') }, { key: bytes('c'), value: bytes('3') }], true);
    await space.compact(bytes('a'), bytes('d'));
    expect(await all(snapshot)).toEqual(['a=1', 'b=2']);
    expect(Buffer.from(snapshot.get(bytes('a')) ?? []).toString()).toBe('1');
    expect(await all(space)).toEqual(['a=9', 'c=3']);
    await snapshot.close();
    await space.close();
    rmSync(directory, { recursive: true });
  });
});

it('loses unsynced batches with the power', async () => {
  const space = memorySpace();
  await space.batch([{ key: bytes('a'), value: bytes('1') }], true);
  await space.batch([{ key: bytes('a'), value: bytes('2') }], false);
  await space.batch([{ key: bytes('b'), value: bytes('3') }], false);
  space.crash(1);
  expect(await all(space)).toEqual(['a=2']);
});
