import { hasReason, resources } from '@rhythm/api';
import type { Pod, PodStatus } from '@rhythm/api/types/core-v1';
import { backoffDelay, causeChain, type BackoffOptions, type Clock, type Log, type Random } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';
import { isOverwritten, statusPatch } from './status-patch.ts';

interface Slot {
  pod: Pod;
  wanted: PodStatus;
  /** The last status the API took, as text, and the version of the pod it was made from: while that is all we have seen, nobody can have overwritten it. */
  sent: string;
  base: string | undefined;
  writing: Promise<void> | undefined;
}

const retry: BackoffOptions = { initialMs: 200, maxMs: 10_000, factor: 2, jitter: 0.3 };

/** Publishes the newest status of each pod: one write at a time per pod, repeated until the API has it. Old ones in between are skipped. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #abort = new AbortController();
  readonly #slots = new Map<string, Slot>();

  constructor(client: ApiClient, ports: { readonly clock: Clock; readonly random: Random; readonly log: Log }) {
    this.#client = client;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#log = ports.log;
  }

  /** What was set last for a pod. */
  latest(uid: string): PodStatus | undefined {
    return this.#slots.get(uid)?.wanted;
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata.uid ?? '';
    const slot = this.#slots.get(uid) ?? { pod, wanted: status, sent: '', base: undefined, writing: undefined };
    this.#slots.set(uid, slot);
    slot.pod = pod;
    slot.wanted = status;
    if (slot.sent === JSON.stringify(status) && !overwritten(slot)) return;
    slot.writing ??= this.#write(uid, slot).finally(() => (slot.writing = undefined));
  }

  /** Resolves once the newest status of a pod is published, or the pod is gone. */
  async flush(uid: string): Promise<void> {
    for (;;) {
      const writing = this.#slots.get(uid)?.writing;
      if (writing === undefined) return;
      await writing;
    }
  }

  forget(uid: string): void {
    this.#slots.delete(uid);
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the kubelet stops'));
    await Promise.all([...this.#slots.values()].map((slot) => slot.writing ?? Promise.resolve()));
  }

  async #write(uid: string, slot: Slot): Promise<void> {
    for (let attempt = 0; this.#slots.get(uid) === slot; ) {
      const text = JSON.stringify(slot.wanted);
      if (slot.sent === text && !overwritten(slot)) return;
      try {
        const { namespace = '', name = '', resourceVersion } = slot.pod.metadata;
        await this.#client.patch(resources.pods, namespace, name, 'strategic', statusPatch(slot.pod, slot.wanted), { subresource: 'status', fieldManager: 'kubelet', signal: this.#abort.signal });
        slot.sent = text;
        slot.base = resourceVersion;
        attempt = 0;
      } catch (error) {
        if (this.#abort.signal.aborted || hasReason(error, 'NotFound') || hasReason(error, 'Conflict')) return;
        this.#log.warn('pod status not published', { pod: slot.pod.metadata.name, error: causeChain(error) });
        await this.#clock.sleep(backoffDelay(retry, attempt++, this.#random), this.#abort.signal).catch(() => undefined);
        if (this.#abort.signal.aborted) return;
      }
    }
  }
}

const overwritten = (slot: Slot): boolean => slot.pod.metadata.resourceVersion !== slot.base && isOverwritten(slot.pod.status, slot.wanted);
