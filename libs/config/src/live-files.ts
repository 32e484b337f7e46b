import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { toError, type Clock, type Live, type Log, type Timer } from '@rhythm/base';

/** What was made of some files, which may change while the process runs. */
export interface LiveFiles<T> extends Live<T>, ReloadedFiles {
  /** Looks at the files now; resolves when what they say is in use, or stays without effect. */
  look(): Promise<void>;
  stop(): void;
}

/** Of files that are followed, what a metric tells: which content is in use, and what came of each change. */
export interface ReloadedFiles {
  /** SHA-256 in hex of the bytes in use; of several files one after the other. */
  readonly hash: string;
  /** Calls `listener` whenever changed files were taken, or could not be; each look at such files counts. Returns how to stop that. */
  onReload(listener: (succeeded: boolean) => void): () => void;
}

export interface LiveFilesOptions<T, Name extends string> {
  /** What the log calls them. */
  readonly what: string;
  readonly files: Readonly<Record<Name, string>>;
  /** Makes the value; throws when the files do not fit together, as when only one of a pair has been replaced yet. Its message goes to the log. */
  load(contents: Readonly<Record<Name, Buffer>>): T;
  /** Between two looks; default a minute. */
  readonly everyMs?: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly log: Log;
  readonly read?: (path: string) => Promise<Buffer>;
}

const everyMsDefault = 60_000;

/**
 * Reads files, and again whenever they have changed: certificates that are renewed in place, a configuration. Looks at their bytes every so often, which works
 * for renamed files and mounted volumes alike. What cannot be read or used changes nothing, and is said once.
 * Rejects when they cannot be used at first.
 */
export async function liveFiles<T, const Name extends string>(options: LiveFilesOptions<T, Name>): Promise<LiveFiles<T>> {
  const contents = await readAll(options);
  return new Followed(options, contents, options.load(contents));
}

class Followed<T, Name extends string> implements LiveFiles<T> {
  #current: T;
  #contents: Readonly<Record<Name, Buffer>>;
  readonly #options: LiveFilesOptions<T, Name>;
  readonly #listeners = new Set<(value: T) => void>();
  readonly #reloadListeners = new Set<(succeeded: boolean) => void>();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;
  #complaint = '';

  constructor(options: LiveFilesOptions<T, Name>, contents: Readonly<Record<Name, Buffer>>, current: T) {
    this.#options = options;
    this.#contents = contents;
    this.#current = current;
    this.#lookLater();
  }

  get current(): T {
    return this.#current;
  }

  onChange(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get hash(): string {
    const hash = createHash('sha256');
    for (const name of Object.keys(this.#contents) as Name[]) hash.update(this.#contents[name]);
    return hash.digest('hex');
  }

  onReload(listener: (succeeded: boolean) => void): () => void {
    this.#reloadListeners.add(listener);
    return () => this.#reloadListeners.delete(listener);
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#listeners.clear();
    this.#reloadListeners.clear();
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.setTimer(this.#options.everyMs ?? everyMsDefault, () => {
      void this.look().then(() => (this.#isStopped ? undefined : this.#lookLater()));
    });
  }

  async #look(): Promise<void> {
    const { what, log } = this.#options;
    try {
      const found = await readAll(this.#options);
      if (this.#isStopped || same(found, this.#contents)) return;
      const value = this.#options.load(found);
      this.#contents = found;
      this.#current = value;
      this.#complaint = '';
      log.info('files have changed and are in use', { what });
      for (const listener of this.#listeners) listener(value);
      for (const listener of this.#reloadListeners) listener(true);
    } catch (error) {
      const text = toError(error).message;
      if (text !== this.#complaint) log.warn('files have changed and cannot be used: what they said before stays', { what, error: text });
      this.#complaint = text;
      for (const listener of this.#reloadListeners) listener(false);
    }
  }
}

async function readAll<T, Name extends string>({ files, read = readFile }: LiveFilesOptions<T, Name>): Promise<Record<Name, Buffer>> {
  const names = Object.keys(files) as Name[];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(files[name])] as const))) as Record<Name, Buffer>;
}

function same<Name extends string>(one: Readonly<Record<Name, Buffer>>, two: Readonly<Record<Name, Buffer>>): boolean {
  return (Object.keys(one) as Name[]).every((name) => one[name].equals(two[name]));
}
