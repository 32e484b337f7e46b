import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { toError, type Clock, type Log, type Timer } from '@rhythm/base';

/** How often the files are looked at. */
const pollMs = 2000;

/** Certificate, key and the CA of the other side, in PEM. */
export interface Certificates {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
  readonly ca: Uint8Array;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** Certificates that are read again when their files change. What does not fit together, a half-written file say, changes nothing. */
export class WatchedCertificates {
  #current: Certificates;
  readonly #files: CertificateFiles;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Timer | undefined;
  #listeners: Array<(certificates: Certificates) => void> = [];
  #isStopped = false;
  #complaint = '';

  private constructor(files: CertificateFiles, current: Certificates, clock: Clock, log: Log) {
    this.#files = files;
    this.#current = current;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects when the files cannot be read or do not fit together. */
  static async open(files: CertificateFiles, clock: Clock, log: Log): Promise<WatchedCertificates> {
    const watched = new WatchedCertificates(files, await read(files), clock, log);
    watched.#pollLater();
    return watched;
  }

  get current(): Certificates {
    return this.#current;
  }

  onChange(listener: (certificates: Certificates) => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #pollLater(): void {
    this.#timer = this.#clock.setTimer(pollMs, () => {
      void this.#poll().then(() => (this.#isStopped ? undefined : this.#pollLater()));
    });
  }

  async #poll(): Promise<void> {
    try {
      const found = await read(this.#files);
      if (this.#isStopped || same(found, this.#current)) return;
      this.#current = found;
      this.#complaint = '';
      this.#log.info('new certificates are in use', { cert: this.#files.certFile });
      for (const listener of this.#listeners) listener(found);
    } catch (error) {
      const text = toError(error).message;
      if (text !== this.#complaint) this.#log.warn('the certificate files cannot be used: those from before stay', { error: text });
      this.#complaint = text;
    }
  }
}

async function read({ certFile, keyFile, caFile }: CertificateFiles): Promise<Certificates> {
  const [cert, key, ca] = await Promise.all([readFile(certFile), readFile(keyFile), readFile(caFile)]);
  // Throws unless key and certificate belong together.
  createSecureContext({ cert, key, ca });
  return { cert, key, ca };
}

function same(one: Certificates, two: Certificates): boolean {
  return Buffer.compare(one.cert, two.cert) === 0 && Buffer.compare(one.key, two.key) === 0 && Buffer.compare(one.ca, two.ca) === 0;
}
