import { BoltError } from './error.ts';
import type { BoltMeta } from './meta.ts';
import { pageHeaderBytes, pageKinds, readPageHeader, type PageHeader, type PageKind } from './page.ts';
import type { BoltSource } from './source.ts';

export interface Page {
  readonly header: PageHeader;
  /** The page with those that follow as part of it. */
  readonly bytes: Uint8Array;
}

/** Gives pages by their number, and says no to what cannot be one. */
export class PageReader {
  readonly #source: BoltSource;
  readonly #meta: BoltMeta;

  constructor(source: BoltSource, meta: BoltMeta) {
    this.#source = source;
    this.#meta = meta;
  }

  /** @throws BoltError when the page does not exist, is not one of `kinds` or does not know its own number. */
  async read(id: number, kinds: readonly PageKind[]): Promise<Page> {
    const { pageBytes, pages } = this.#meta;
    if (id < 2 || id >= pages) throw new BoltError(`page ${id} is named, but pages go from 2 to ${pages - 1}`);
    const header = readPageHeader(await this.#source.read(id * pageBytes, pageHeaderBytes));
    if (header.id !== id) throw new BoltError(`page ${id} is damaged: it says that it is page ${header.id}`);
    if (!kinds.some((kind) => header.flags === pageKinds[kind])) throw new BoltError(`page ${id} is damaged: it is none of ${kinds.join(', ')} (flags ${header.flags})`);
    if (id + header.overflow >= pages) throw new BoltError(`page ${id} is damaged: it goes on for ${header.overflow} pages, beyond the last`);
    // Copied: what is read stays valid while other pages are.
    return { header, bytes: new Uint8Array(await this.#source.read(id * pageBytes, (header.overflow + 1) * pageBytes)) };
  }
}
