import { resources } from '@rhythm/api';
import type { Pod, ServiceAccountTokenProjection } from '@rhythm/api/types/core-v1';
import type { TokenRequest } from '@rhythm/api/types/authentication-v1';
import { parseTime, type Clock, type Instant } from '@rhythm/base';
import type { ApiClient } from '@rhythm/client';

interface Held {
  readonly token: string;
  readonly refreshAt: Instant;
  readonly expiresAt: Instant;
}

const lifetimeSecondsDefault = 3600;
/** A token is renewed when this share of its life has passed, or after a day. */
const refreshShare = 0.8;
const refreshMsMax = 24 * 3600 * 1000;
/** A renewal that failed is tried again after this. */
const retryMs = 30_000;

/** Service-account tokens bound to pods, kept in memory only. */
export class TokenManager {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #held = new Map<string, Held>();

  constructor(client: ApiClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** A token with life left. While the API cannot be reached the old one serves until it expires. */
  async token(pod: Pod, request: ServiceAccountTokenProjection): Promise<string> {
    const key = JSON.stringify([pod.metadata.uid, request.audience ?? '', request.expirationSeconds ?? lifetimeSecondsDefault]);
    const held = this.#held.get(key);
    const now = this.#clock.now();
    if (held !== undefined && now < held.refreshAt) return held.token;
    try {
      const fresh = await this.#request(pod, request, now);
      this.#held.set(key, fresh);
      return fresh.token;
    } catch (error) {
      if (held === undefined || now >= held.expiresAt) throw error;
      this.#held.set(key, { ...held, refreshAt: now + retryMs });
      return held.token;
    }
  }

  /** When the first token of a pod wants renewal; undefined: it has none. */
  refreshAt(uid: string): Instant | undefined {
    let first: Instant | undefined;
    for (const [key, held] of this.#held) {
      if ((JSON.parse(key) as string[])[0] === uid) first = first === undefined ? held.refreshAt : Math.min(first, held.refreshAt);
    }
    return first;
  }

  forget(uid: string): void {
    for (const key of this.#held.keys()) if ((JSON.parse(key) as string[])[0] === uid) this.#held.delete(key);
  }

  async #request(pod: Pod, request: ServiceAccountTokenProjection, now: Instant): Promise<Held> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {},
      spec: {
        audiences: request.audience === undefined || request.audience === '' ? [] : [request.audience],
        expirationSeconds: request.expirationSeconds ?? lifetimeSecondsDefault,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    };
    const account = pod.spec.serviceAccountName ?? 'default';
    const reply = await this.#client.createSubresource<TokenRequest>(resources.serviceAccounts, namespace, account, 'token', body);
    const expiresAt = parseTime(reply.status.expirationTimestamp ?? '') ?? now + lifetimeSecondsDefault * 1000;
    return { token: reply.status.token, expiresAt, refreshAt: now + Math.min((expiresAt - now) * refreshShare, refreshMsMax) };
  }
}
