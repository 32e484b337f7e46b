import type { Clock, Log } from '@rhythm/base';
import type { Authorizer, ObjectReader } from '../ports/types.ts';
import type { ConnectNode } from './node-connector.ts';

export interface StreamPorts {
  readonly reader: ObjectReader;
  readonly connect: ConnectNode;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly log: Log;
}
