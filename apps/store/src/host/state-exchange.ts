import { assert } from '@rhythm/base';
import type { RaftNode, Ready } from '@rhythm/raft';
import type { HostOptions } from './options.ts';
import type { RaftDiskLog } from './raft-log.ts';
import { StateTransfer } from './state-transfer.ts';
import type { State } from './state.ts';
import type { SnapshotMessage } from './transport.ts';
import type { WorkLoop } from './work-loop.ts';

export interface StateExchangePorts {
  readonly options: HostOptions;
  readonly node: RaftNode;
  readonly log: RaftDiskLog;
  readonly loop: () => WorkLoop;
  readonly state: () => State;
  /** A leader's state takes the place of the present one. */
  readonly replace: (state: State) => void;
}

/** Whole states between members, where the log does not reach: sent, received, and put in the place of the own one. */
export class StateExchange {
  readonly #ports: StateExchangePorts;
  readonly #transfer: StateTransfer;

  constructor(ports: StateExchangePorts) {
    this.#ports = ports;
    this.#transfer = new StateTransfer(ports.options);
  }

  /** Sends the applied state to a member that is too far behind, and tells raft what became of it. */
  async send(message: SnapshotMessage): Promise<void> {
    const { options, node, state, loop } = this.#ports;
    const { transport, log } = options;
    const to = message.to.toString(16);
    let arrived = false;
    try {
      assert(transport !== undefined, 'a member without peers sends nothing');
      log.info('sending the state to a member that is too far behind', { to });
      await this.#transfer.send(state(), transport, message);
      arrived = true;
    } catch (error) {
      log.warn('the state could not be sent', { to, error });
    }
    node.reportSnapshot(message.to, arrived);
    loop().soon();
  }

  receive(message: SnapshotMessage, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#transfer.receive(message, chunks, async (told) => {
      const loop = this.#ports.loop();
      this.#ports.node.step(told);
      await loop.settled();
      await loop.run();
    });
  }

  /** A leader's state takes the place of ours and of the log: first the state, then the log behind it. */
  async install({ snapshot, entries, hardState }: Ready): Promise<void> {
    assert(snapshot !== undefined, 'there is a state to install');
    const { options, log, replace } = this.#ports;
    const before = this.#ports.state();
    const state = await this.#transfer.adopt(snapshot);
    await log.restart(state.applied, entries, hardState);
    state.forgetInstalled();
    replace(state);
    void before
      .retire()
      .then(() => options.spaces.clean())
      .catch((error: unknown) => options.log.warn('the replaced state could not be removed', { error }));
  }
}
