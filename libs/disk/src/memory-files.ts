import type { AppendFile, Files } from './files.ts';

interface Content {
  bytes: Uint8Array;
  /** How much of it a power cut leaves. */
  durable: number;
}

/** Files in memory that can lose power: what was not synced is gone, or torn anywhere. */
export interface MemoryFiles extends Files {
  /** Everything not synced is lost, but for the first `keep` bytes of each file's unsynced tail. Open files break. */
  crash(keep?: number): void;
  /** The bytes of a file, to be damaged by tests in place. */
  bytes(name: string): Uint8Array;
  /** Makes the next appends or syncs fail with this error, until undefined. */
  failure: Error | undefined;
}

export function memoryFiles(): MemoryFiles {
  const contents = new Map<string, Content>();
  let power = 0;
  const files: MemoryFiles = {
    failure: undefined,
    list: async () => [...contents.keys()].sort(),
    open: async (name, { create }) => {
      let content = contents.get(name);
      if (create && content !== undefined) throw new Error(`${name} exists`);
      if (content === undefined) {
        if (!create) throw new Error(`${name} does not exist`);
        content = { bytes: new Uint8Array(0), durable: 0 };
        contents.set(name, content);
      }
      const since = power;
      return memoryFile(content, () => {
        if (since !== power) throw new Error('the power went out');
        if (files.failure !== undefined) throw files.failure;
      });
    },
    remove: async (name) => {
      contents.delete(name);
    },
    crash: (keep = 0) => {
      power++;
      for (const content of contents.values()) {
        content.bytes = content.bytes.slice(0, Math.min(content.bytes.length, content.durable + keep));
        content.durable = content.bytes.length;
      }
    },
    bytes: (name) => {
      const content = contents.get(name);
      if (content === undefined) throw new Error(`${name} does not exist`);
      return content.bytes;
    },
  };
  return files;
}

function memoryFile(content: Content, check: () => void): AppendFile {
  return {
    get size() {
      return content.bytes.length;
    },
    append: async (chunks) => {
      check();
      content.bytes = Buffer.concat([content.bytes, ...chunks]);
    },
    appendDurably: async (chunks) => {
      check();
      content.bytes = Buffer.concat([content.bytes, ...chunks]);
      content.durable = content.bytes.length;
    },
    sync: async () => {
      check();
      content.durable = content.bytes.length;
    },
    read: async () => content.bytes.slice(),
    truncate: async (size) => {
      check();
      content.bytes = content.bytes.slice(0, size);
      content.durable = Math.min(content.durable, size);
    },
    close: async () => undefined,
  };
}
