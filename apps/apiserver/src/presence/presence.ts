import { hasReason, type KubeObject } from '@rhythm/api';
import type { EndpointSlice } from '@rhythm/api/types/discovery-v1';
import { causeChain, withTimeout, type Clock, type Log, type Random, type Timer } from '@rhythm/base';
import type { Store } from '@rhythm/store-client';
import { enforce, isLoopback } from '../bootstrap/bootstrap.ts';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { IdentityLease } from './identity-lease.ts';
import { presenceLimits } from './limits.ts';
import { ownEndpoints, ownSlices, type ServerAddress } from './own-endpoints.ts';
import { ServerLeases } from './server-leases.ts';

export interface PresencePorts {
  readonly store: Store;
  readonly reader: ObjectReader;
  readonly writes: OwnWrites;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The hash of the encryption configuration in use; '' without one. Others learn of a change within a renewal. */
  readonly encryptionHash?: () => string;
}

/**
 * Makes a server known: as an endpoint of the Service `kubernetes`, beside all others that live, and by its identity Lease. Every server does so for
 * itself; each writes the whole list, so that whoever lives takes out who has died.
 */
export class Presence {
  readonly identity: IdentityLease;
  readonly #server: ServerAddress;
  readonly #leases: ServerLeases;
  readonly #ports: PresencePorts;
  readonly #isKnown: boolean;
  #timer: Timer | undefined;
  #turn: Promise<void> = Promise.resolve();
  #collectAt = 0;
  #isStarted = false;
  #isStopped = false;
  #stopping: Promise<void> | undefined;

  constructor(server: ServerAddress, hostname: string, ports: PresencePorts) {
    this.#server = server;
    this.#ports = ports;
    this.#leases = new ServerLeases(ports.store);
    this.identity = new IdentityLease(`${hostname}/${server.ip}/${server.port}`, hostname, ports);
    // Endpoints may not name loopback (validation refuses it): from a pod it would lead to the pod itself.
    this.#isKnown = !isLoopback(server.ip);
  }

  /** Enters this server; rejects when that fails at first. Renews from then on. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#renew();
    this.#renewLater();
  }

  /** Leaves, so that nobody is sent here any more. Does not reject: what cannot be said now runs out by itself. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    if (!this.#isStarted) return;
    const { clock, log } = this.#ports;
    const limit = withTimeout(clock, presenceLimits.leaveMs, () => new Error(`not done within ${presenceLimits.leaveMs} ms`));
    const late = new Promise<never>((_resolve, reject) => limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true }));
    try {
      await Promise.race([this.#turn.then(() => this.#leave()), late]);
    } catch (error) {
      log.warn('this server could not be taken out of the endpoints of the Service kubernetes', { error: causeChain(error) });
    } finally {
      limit.cancel();
    }
  }

  #renewLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#ports.clock.setTimer(presenceLimits.renewEveryMs, () => {
      this.#turn = this.#renew()
        .catch((error: unknown) => this.#ports.log.warn('this server cannot say that it is there', { error: causeChain(error) }))
        .then(() => this.#renewLater());
    });
  }

  async #renew(): Promise<void> {
    if (this.#isKnown) {
      await this.#leases.renew(this.#server);
      await this.#reconcile();
    }
    await unlessRaced(this.identity.renew());
    const now = this.#ports.clock.monotonic();
    if (now < this.#collectAt) return;
    this.#collectAt = now + presenceLimits.collectEveryMs;
    await this.identity.collect();
  }

  async #leave(): Promise<void> {
    if (!this.#isKnown) return;
    await this.#leases.remove(this.#server);
    await this.#reconcile();
  }

  /** Several servers may write at once: the one that loses looks again. */
  async #reconcile(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#write(await this.#leases.alive());
      } catch (error) {
        const isRace = hasReason(error, 'Conflict') || hasReason(error, 'AlreadyExists') || hasReason(error, 'NotFound');
        if (!isRace || attempt === presenceLimits.attemptsMax) throw error;
      }
    }
  }

  async #write(servers: readonly ServerAddress[]): Promise<void> {
    const { reader, writes } = this.#ports;
    await enforce(reader, writes, '', 'endpoints', ownEndpoints(servers), ['subsets']);
    const slices = ownSlices(servers);
    for (const slice of slices.length > 0 ? slices : [emptySlice]) await enforce(reader, writes, 'discovery.k8s.io', 'endpointslices', slice, ['endpoints', 'ports']);
    const wanted = new Set(slices.map(({ metadata }) => metadata.name));
    for (const { metadata } of await reader.list<KubeObject>('discovery.k8s.io', 'endpointslices', 'default')) {
      if (/^kubernetes-(ipv6-)?\d+$/.test(metadata.name ?? '') && metadata.labels?.['kubernetes.io/service-name'] === 'kubernetes' && !wanted.has(metadata.name)) await writes.delete('discovery.k8s.io', 'endpointslices', 'default', metadata.name ?? '', metadata.uid ?? '');
    }
  }
}

/** When the last server has left. */
const emptySlice = { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } }, addressType: 'IPv4', endpoints: [], ports: [] } as unknown as EndpointSlice;

/** Another process with the same identity has just written: its word is as good. */
async function unlessRaced(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!hasReason(error, 'Conflict') && !hasReason(error, 'AlreadyExists')) throw error;
  }
}
