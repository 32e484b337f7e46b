/** How often a second this disk makes 512 bytes durable that are written into a file that is there already: the most that a log can do. */
import { constants, fdatasyncSync, mkdtempSync, openSync, closeSync, fsyncSync, rmSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';

const fileBytes = 4 * 1024 * 1024;
const block = Buffer.alloc(512, 7);

export interface Fdatasyncs {
  /** Calls made by the thread that waits for them. */
  readonly direct: number;
  /** Written by a thread of libuv through a descriptor that syncs, the way a server in Node has to. */
  readonly handedOver: number;
}

/** Measures in a file below `folder`, `seconds` for each figure. */
export async function fdatasyncsPerSecond(folder: string, seconds = 0.7): Promise<Fdatasyncs> {
  const scratch = mkdtempSync(join(folder, 'fdatasync-'));
  const file = openSync(join(scratch, 'file'), 'w');
  const syncing = openSync(join(scratch, 'file'), constants.O_WRONLY | constants.O_DSYNC);
  try {
    writeSync(file, Buffer.alloc(fileBytes));
    fsyncSync(file);
    return { direct: await rate(seconds, async (at) => direct(file, at)), handedOver: await rate(seconds, (at) => handedOver(syncing, at)) };
  } finally {
    closeSync(file);
    closeSync(syncing);
    rmSync(scratch, { recursive: true });
  }
}

async function rate(seconds: number, one: (at: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < seconds * 1000) await one((count++ * block.length) % fileBytes);
  return count / ((performance.now() - began) / 1000);
}

function direct(file: number, at: number): void {
  writeSync(file, block, 0, block.length, at);
  fdatasyncSync(file);
}

function handedOver(file: number, at: number): Promise<void> {
  return new Promise((done, reject) => {
    write(file, block, 0, block.length, at, (error) => (error === null ? done() : reject(error)));
  });
}
