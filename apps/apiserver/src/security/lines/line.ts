import type { Rig } from '../rig.ts';

/** Registers the tests of one line of the list; the server is there once they run. */
export type Line = (rig: () => Rig) => void;
