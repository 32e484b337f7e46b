import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';

/** A file of lines that is set aside when it has grown: `audit.log.1` is the newest of those. */
export class LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #backups: number;
  #descriptor: number;
  #bytes: number;

  /** @param backups files set aside that are kept. Throws when the file cannot be opened. */
  constructor(path: string, bytesMax: number, backups: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#backups = backups;
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#bytes = statSync(path).size;
  }

  /** Appends a line. Throws when the disk does not take it. */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#bytesMax) this.#rotate();
    writeSync(this.#descriptor, bytes);
    this.#bytes += bytes.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    rmSync(`${this.#path}.${this.#backups}`, { force: true });
    for (let at = this.#backups - 1; at >= 1; at--) move(`${this.#path}.${at}`, `${this.#path}.${at + 1}`);
    if (this.#backups > 0) move(this.#path, `${this.#path}.1`);
    else rmSync(this.#path, { force: true });
    this.#descriptor = openSync(this.#path, 'a', 0o600);
    this.#bytes = 0;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
