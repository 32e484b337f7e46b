import { BucketReader } from './bucket-reader.ts';
import { checkFile } from './check.ts';
import { BoltError } from './error.ts';
import { readMeta, type BoltMeta } from './meta.ts';
import { PageReader } from './page-reader.ts';
import type { BoltSource } from './source.ts';

/** A database file, read page by page. Every error is a BoltError that names the damaged place. */
export class BoltFile {
  readonly meta: BoltMeta;
  readonly #pages: PageReader;

  private constructor(meta: BoltMeta, pages: PageReader) {
    this.meta = meta;
    this.#pages = pages;
  }

  /** @throws BoltError for a file that is no bolt database or is shorter than it says. */
  static async open(source: BoltSource): Promise<BoltFile> {
    const meta = await readMeta(source);
    const bytes = meta.pages * meta.pageBytes;
    if (meta.pages < 0 || meta.root < 0) throw new BoltError('the meta page holds a page number that cannot be');
    if (source.size < bytes) throw new BoltError(`the file is cut off: ${source.size} of ${bytes} bytes`);
    return new BoltFile(meta, new PageReader(source, meta));
  }

  /** Bytes in use by the database; the file may be longer. */
  get bytes(): number {
    return this.meta.pages * this.meta.pageBytes;
  }

  /** The outermost bucket, which holds the others. */
  get root(): BucketReader {
    return new BucketReader(this.#pages, { root: this.meta.root, inline: undefined, name: '' });
  }

  /**
   * Looks at every page: each is reached exactly once or free, is what its place wants it to be, and keys ascend.
   * @throws BoltError naming the first damage.
   */
  check(): Promise<void> {
    return checkFile(this.#pages, this.meta, this.root);
  }
}
