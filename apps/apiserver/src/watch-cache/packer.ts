import type { KindDefinition } from '@rhythm/api';
import { dictionaryBytes, Dictionary } from './packing.ts';

/** A dictionary and what finds places in it are made for bytes that are so many times as long together. */
const beginBytes = 8 * dictionaryBytes;
/** How well it does is looked at after so many. */
const lookBytes = 16 * dictionaryBytes;
/** Bytes that are packed to more than this share are kept as they are. */
const shareMax = 3 / 4;
/** A dictionary that does so much worse than the best one has seen other objects than those that come now. */
const worseFactor = 1.25;

/** Packs what is kept of one kind, with a dictionary that it makes of what it is given; with another one when other objects come. */
export class Packer {
  #dictionary: Dictionary | undefined;
  #given = 0;
  #packed = 0;
  #bestShare = 1;

  /** Writes the packed form of `bytes` to the beginning of `target` and answers how long it is and what it was packed with; `undefined` when they had better be kept as they are. */
  pack(bytes: Uint8Array, target: Uint8Array): { readonly size: number; readonly dictionary: Dictionary } | undefined {
    this.#given += bytes.length;
    if (this.#dictionary === undefined) {
      // Most kinds have few objects.
      if (this.#given < beginBytes) return undefined;
      this.#begin();
    }
    const dictionary = this.#dictionary as Dictionary;
    const size = dictionary.pack(bytes, target);
    this.#packed += size;
    if (this.#given >= lookBytes) this.#look();
    return size > bytes.length * shareMax ? undefined : { size, dictionary };
  }

  #look(): void {
    const share = this.#packed / this.#given;
    if (share > this.#bestShare * worseFactor) this.#begin();
    this.#bestShare = Math.min(this.#bestShare, share);
    this.#given = 0;
    this.#packed = 0;
  }

  #begin(): void {
    this.#dictionary?.close();
    this.#dictionary = new Dictionary();
    this.#given = 0;
    this.#packed = 0;
  }
}

/** The packer of a kind. Secrets have none: a dictionary may outlive the objects whose bytes it has learned. */
export function packerOf({ group, plural }: Pick<KindDefinition, 'group' | 'plural'>): Packer | undefined {
  return group === '' && plural === 'secrets' ? undefined : new Packer();
}
