import { toError, type Clock, type Log } from '@rhythm/base';
import type { Host } from '../host/host.ts';
import type { GroupOperations } from './operations.ts';

/** Between two attempts. */
const retryMs = 500;

export interface SelfDescription {
  readonly group: GroupOperations;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly name: string;
  readonly clientUrls: readonly string[];
  /** Told only where none are known: afterwards they are changed with a call of their own, as in etcd. */
  readonly peerUrls: readonly string[];
  readonly signal: AbortSignal;
}

/** Tells the group through the log what this member is called and where clients reach it, until it knows. */
export async function publishSelf({ group, host, clock, log, name, clientUrls, peerUrls, signal }: SelfDescription): Promise<void> {
  let complaint = '';
  while (!signal.aborted) {
    try {
      const known = host.state.members.get(host.id);
      const isKnown = known !== undefined && known.name === name && known.clientUrls.join() === clientUrls.join();
      if (!isKnown) await group.publish(name, [...clientUrls]);
      if (known?.peerUrls.length === 0 && peerUrls.length > 0) await group.update(host.id, [...peerUrls]);
      if (isKnown) return;
    } catch (error) {
      const text = toError(error).message;
      if (signal.aborted) return;
      if (text !== complaint) log.info('the cluster could not be told about this member yet', { error: text });
      complaint = text;
    }
    await clock.sleep(retryMs, signal).catch(() => undefined);
  }
}
