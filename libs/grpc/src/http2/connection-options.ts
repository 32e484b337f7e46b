import type { Clock } from '@rhythm/base';
import type { ConnectionPeer } from './context.ts';
import type { LeanMethod } from './methods.ts';

export interface ConnectionOptions {
  readonly methods: ReadonlyMap<string, LeanMethod>;
  readonly receiveBytesMax: number;
  readonly streamsMax: number;
  /** 0: never pings. */
  readonly keepaliveMs: number;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly peer: ConnectionPeer;
}
