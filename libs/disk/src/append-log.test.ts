import { describe, expect, it } from 'vitest';
import { AppendLog, CorruptLogError } from './append-log.ts';
import { memoryFiles } from './memory-files.ts';

const record = (text: string): Uint8Array => Buffer.from(text);
const texts = (opened: Awaited<ReturnType<typeof AppendLog.open>>): string[] => opened.records.map(({ payload }) => Buffer.from(payload).toString());
const firstSegment = '0000000000000001.log';

describe('append log', () => {
  it('gives back what was synced, and nothing of what was not', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('a'), record('b')], true);
    await log.append([record('c')], false);
    files.crash();
    const opened = await AppendLog.open(files);
    expect(texts(opened)).toEqual(['a', 'b']);
    await opened.log.append([record('d')], true);
    files.crash();
    expect(texts(await AppendLog.open(files))).toEqual(['a', 'b', 'd']);
  });

  it('makes durable what it finds, before anybody relies on it', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('written, process killed before the sync')], false);
    expect(texts(await AppendLog.open(files))).toHaveLength(1);
    files.crash();
    expect(texts(await AppendLog.open(files))).toHaveLength(1);
  });

  it('cuts back an end torn at any byte, keeping every whole record', async () => {
    for (let keep = 0; keep < 60; keep++) {
      const files = memoryFiles();
      const { log } = await AppendLog.open(files);
      await log.append([record('first')], true);
      await log.append([record('second'), record('third'), record('fourth')], false);
      files.crash(keep);
      const opened = await AppendLog.open(files);
      const got = texts(opened);
      expect(['first', 'second', 'third', 'fourth'].slice(0, got.length)).toEqual(got);
      expect(got.length).toBe(keep < 18 ? 1 : keep < 35 ? 2 : keep < 53 ? 3 : 4);
      expect(opened.tornBytes > 0).toBe(![0, 18, 35, 53].includes(keep) && keep < 53);
      await opened.log.append([record('x')], true);
      expect(texts(await AppendLog.open(files))).toEqual([...got, 'x']);
    }
  });

  it('refuses damage before an acknowledged record, naming it', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('one')], true);
    await log.append([record('two')], true);
    await log.append([record('three')], true);
    const bytes = files.bytes(firstSegment);
    bytes[16 + 15 + 13] = (bytes[16 + 15 + 13] ?? 0) ^ 1;
    await expect(AppendLog.open(files)).rejects.toThrow(/record 1 of segment 0000000000000001.log \(byte 31\) is damaged/);
  });

  it('takes damage within one unsynced write for a torn end', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('one')], true);
    await log.append([record('two'), record('three')], true);
    const bytes = files.bytes(firstSegment);
    bytes[16 + 15 + 13] = (bytes[16 + 15 + 13] ?? 0) ^ 1;
    expect(texts(await AppendLog.open(files))).toEqual(['one']);
  });

  it('rolls to new segments and forgets old ones', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files, { segmentBytesMax: 40 });
    await log.append([record('a'.repeat(30))], true);
    expect(log.isSegmentFull).toBe(true);
    await log.roll([record('head')]);
    await log.append([record('b')], true);
    await log.removeBefore(2);
    const opened = await AppendLog.open(files);
    expect(texts(opened)).toEqual(['head', 'b']);
    expect(opened.records.map((r) => r.segment)).toEqual([2, 2]);
  });

  it('starts after a crash between making a segment and writing its header', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('a')], true);
    await files.open('0000000000000002.log', { create: true });
    files.crash();
    const opened = await AppendLog.open(files);
    expect(texts(opened)).toEqual(['a']);
    await opened.log.append([record('b')], true);
    expect(texts(await AppendLog.open(files))).toEqual(['a', 'b']);
  });

  it('refuses a missing segment and a damaged one in the middle', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    await log.append([record('a')], true);
    await log.roll([record('b')]);
    await log.roll([record('c')]);
    const bytes = files.bytes(firstSegment);
    bytes[28] = (bytes[28] ?? 0) ^ 1;
    await expect(AppendLog.open(files)).rejects.toThrow(CorruptLogError);
    bytes[28] = (bytes[28] ?? 0) ^ 1;
    await files.remove('0000000000000002.log');
    await expect(AppendLog.open(files)).rejects.toThrow('segment 0000000000000002.log of the log is missing');
  });

  it('is of no use after a failed write', async () => {
    const files = memoryFiles();
    const { log } = await AppendLog.open(files);
    files.failure = new Error('no space left on device');
    await expect(log.append([record('a')], true)).rejects.toThrow('no space');
    files.failure = undefined;
    await expect(log.append([record('b')], true)).rejects.toThrow('the log failed before');
  });
});
