import type { KeyValueSpace } from './key-value-space.ts';

/** A key space that is being filled beside the current one. */
export interface PreparedSpace {
  readonly space: KeyValueSpace;
  /** From now on, also after a power cut, it is the current one. It must have been synced. The space before stays open until its user closes it. */
  adopt(): Promise<void>;
  /** Closes and removes it. */
  discard(): Promise<void>;
}

/** One current key space, which can be replaced by another as a whole. */
export interface Spaces {
  /** Opens the current space, empty at first. Removes what was prepared and never adopted, and what was replaced. */
  open(): Promise<KeyValueSpace>;
  /** A new, empty space. */
  prepare(): Promise<PreparedSpace>;
  /** Removes what was replaced; it must be closed. */
  clean(): Promise<void>;
}
