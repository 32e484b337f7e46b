/**
 * Node has no way to call `malloc_trim`, with which glibc gives back what it has free between what is in use: without it a heap that has once been large stays so.
 * But the loader calls what a shared library names as its initialiser, and that may be a function of another library. This is such a library: headers and a table,
 * no instruction of its own, 712 bytes (System V ABI, ELF-64; gABI, "Dynamic Linking").
 */

interface Machine {
  /** e_machine. */
  readonly id: number;
  /** The relocation that stores the address of a symbol. */
  readonly absolute: number;
}

const machines: Readonly<Record<string, Machine>> = { x64: { id: 62, absolute: 1 }, arm64: { id: 183, absolute: 257 } };

const headerBytes = 64;
const segmentBytes = 56;
const dynamicEntryBytes = 16;
/** Where the parts stand; the header and three segments come before. */
const at = { dynamic: 0x100, symbols: 0x1c0, strings: 0x1f0, hash: 0x210, relocations: 0x228, initialisers: 0x240 } as const;
const fileBytes = 0x2c8;
const names = '\0malloc_trim\0libc.so.6\0';
const libraryName = names.indexOf('libc');

/** The library for a processor (`process.arch`); `undefined` where it is not known. */
export function trimLibrary(arch: string): Uint8Array | undefined {
  const machine = Object.hasOwn(machines, arch) ? machines[arch] : undefined;
  if (machine === undefined) return undefined;
  const bytes = new Uint8Array(fileBytes);
  const view = new DataView(bytes.buffer);
  header(view, machine);
  // Loaded as data: no page of it can be executed, nor can the stack.
  segment(view, 0, { type: 1, offset: 0, size: fileBytes, align: 0x1000 });
  segment(view, 1, { type: 2, offset: at.dynamic, size: 12 * dynamicEntryBytes, align: 8 });
  segment(view, 2, { type: 0x6474e551, offset: 0, size: 0, align: 16 });
  dynamicTable(view);
  // One symbol besides the empty one: a function that another library defines.
  view.setUint32(at.symbols + 24, 1, true);
  view.setUint8(at.symbols + 28, 0x12);
  for (let index = 0; index < names.length; index++) view.setUint8(at.strings + index, names.charCodeAt(index));
  // A hash table of one bucket.
  for (const [index, word] of [1, 2, 1, 0, 0].entries()) view.setUint32(at.hash + 4 * index, word, true);
  // The address of that function is put where the loader looks for initialisers.
  quads(view, at.relocations, [BigInt(at.initialisers), (1n << 32n) | BigInt(machine.absolute), 0n]);
  return bytes;
}

function header(view: DataView, machine: Machine): void {
  // Magic, 64 bits, little-endian, version 1; a shared object.
  for (const [index, byte] of [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].entries()) view.setUint8(index, byte);
  view.setUint16(16, 3, true);
  view.setUint16(18, machine.id, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(32, BigInt(headerBytes), true);
  for (const [index, half] of [headerBytes, segmentBytes, 3, headerBytes].entries()) view.setUint16(52 + 2 * index, half, true);
}

function segment(view: DataView, index: number, { type, offset, size, align }: { readonly type: number; readonly offset: number; readonly size: number; readonly align: number }): void {
  const start = headerBytes + index * segmentBytes;
  view.setUint32(start, type, true);
  // Readable and writable.
  view.setUint32(start + 4, 6, true);
  quads(view, start + 8, [offset, offset, offset, size, size, align].map(BigInt));
}

function dynamicTable(view: DataView): void {
  const entries: ReadonlyArray<readonly [tag: number, value: number]> = [
    [1, libraryName], // needed
    [4, at.hash],
    [5, at.strings],
    [6, at.symbols],
    [10, names.length],
    [11, 24], // bytes of a symbol
    [7, at.relocations],
    [8, 24], // bytes of all relocations
    [9, 24], // and of each
    [25, at.initialisers],
    [27, 8], // bytes of the initialisers
    [0, 0],
  ];
  quads(view, at.dynamic, entries.flat().map(BigInt));
}

function quads(view: DataView, start: number, values: readonly bigint[]): void {
  for (const [index, value] of values.entries()) view.setBigUint64(start + 8 * index, value, true);
}
