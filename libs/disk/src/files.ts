/** One file that grows at its end. */
export interface AppendFile {
  readonly size: number;
  /** Writes at the end; on return the bytes are with the operating system, not yet on the disk. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Writes at the end; on return these bytes and everything before them survive a power cut. */
  appendDurably(chunks: readonly Uint8Array[]): Promise<void>;
  /** On return everything appended so far survives a power cut. */
  sync(): Promise<void>;
  read(): Promise<Uint8Array>;
  /** Cuts the file back to `size` bytes, durably. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** A directory of append files: the little of a file system that a log needs. */
export interface Files {
  /** Names of all files, sorted. */
  list(): Promise<string[]>;
  /** Opens for appending; `create`: it must not exist yet, and the name is durable on return. */
  open(name: string, options: { readonly create: boolean }): Promise<AppendFile>;
  remove(name: string): Promise<void>;
}
