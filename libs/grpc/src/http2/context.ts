import { status, type Metadata } from '@grpc/grpc-js';
import { GrpcError } from '../error.ts';
import type { CallContext } from '../handlers.ts';
import type { PeerIdentity } from '../peer.ts';
import type { Headers } from './hpack.ts';
import { metadataOf } from './status-headers.ts';

/** What is the same for all calls of a connection. */
export interface ConnectionPeer {
  readonly identity: PeerIdentity | undefined;
  readonly address: string;
}

const gone = new GrpcError(status.CANCELLED, 'the caller has gone');

/** What a handler knows of its call, made when it asks: most ask for nothing. */
export class LeanContext implements CallContext {
  readonly #headers: Headers;
  readonly #peer: ConnectionPeer;
  #controller: AbortController | undefined;
  #metadata: Metadata | undefined;
  #reason: GrpcError | undefined;

  constructor(headers: Headers, peer: ConnectionPeer) {
    this.#headers = headers;
    this.#peer = peer;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get metadata(): Metadata {
    return (this.#metadata ??= metadataOf(this.#headers));
  }

  get identity(): PeerIdentity | undefined {
    return this.#peer.identity;
  }

  get peer(): string {
    return this.#peer.address;
  }

  /** Nobody waits for the handler any more; `reason`: why, when the caller has not just gone. */
  cancel(reason = gone): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
