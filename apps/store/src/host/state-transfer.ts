import { assert } from '@rhythm/base';
import type { PreparedSpace } from '@rhythm/disk';
import { simpleMembership, type SnapshotPlace } from '@rhythm/raft';
import type { HostOptions } from './options.ts';
import { decodeState, encodeState } from './state-chunks.ts';
import { installedWrite } from './log-place.ts';
import { State, wholeSpace } from './state.ts';
import type { SnapshotMessage, Transport } from './transport.ts';

/** A state that has arrived as a whole and is on disk, beside the one that is used. */
interface Arrived {
  readonly place: SnapshotPlace;
  readonly state: State;
  readonly prepared: PreparedSpace;
}

/** States on their way from and to other members. */
export class StateTransfer {
  readonly #options: Pick<HostOptions, 'spaces' | 'log' | 'tokens' | 'founders' | 'plant'>;
  #isReceiving = false;
  #arrived: Arrived | undefined;

  constructor(options: Pick<HostOptions, 'spaces' | 'log' | 'tokens' | 'founders' | 'plant'>) {
    this.#options = options;
  }

  /** Sends what is applied now. Rejects when it did not arrive. */
  async send(state: State, transport: Transport, message: SnapshotMessage): Promise<void> {
    const { space } = await state.snapshot();
    try {
      await transport.sendState(message, encodeState(space.entries(wholeSpace.start, wholeSpace.end)));
    } finally {
      await space.close();
    }
  }

  /**
   * Takes a state in; `tell` gives raft the place it stands at and resolves once raft has decided. Rejects when it cannot be
   * taken: another one is arriving, it is damaged, or the disk refuses.
   */
  async receive(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>, tell: (message: SnapshotMessage) => Promise<void>): Promise<void> {
    if (this.#isReceiving) throw new Error('another state is arriving already');
    this.#isReceiving = true;
    try {
      const prepared = await this.#options.spaces.prepare();
      try {
        const arrived = await this.#load(prepared, chunks);
        this.#arrived = arrived;
        await tell({ ...message, snapshot: arrived.place });
      } finally {
        // Raft did not want it: it is as far already, or has a later leader.
        if (this.#arrived !== undefined) await prepared.discard();
        this.#arrived = undefined;
      }
    } finally {
      this.#isReceiving = false;
    }
  }

  /** Makes the state that has arrived the one that counts; gives it. */
  async adopt(place: SnapshotPlace): Promise<State> {
    const arrived = this.#arrived;
    assert(arrived !== undefined && arrived.place.index === place.index, 'raft installs the state that has arrived');
    await arrived.prepared.adopt();
    this.#arrived = undefined;
    this.#options.log.info('took over the state of the leader', { index: place.index, revision: arrived.state.mvcc.revision });
    return arrived.state;
  }

  async #load(prepared: PreparedSpace, chunks: AsyncIterable<Uint8Array>): Promise<Arrived> {
    const { space } = prepared;
    try {
      await decodeState(chunks, (batch) => space.batch(batch, false));
      await space.batch([installedWrite(space)], true);
      const state = await State.load(space, this.#options.tokens);
      const { membership } = state;
      if (membership === undefined) throw new Error('the state that arrived does not say who the members are');
      // The planted mistake forgets who is not a founder.
      const told = this.#options.plant === 'snapshot-without-membership' ? simpleMembership(this.#options.founders.map(({ id }) => id)) : membership;
      return { place: { ...state.applied, membership: told }, state, prepared };
    } catch (error) {
      await prepared.discard();
      throw error;
    }
  }
}
