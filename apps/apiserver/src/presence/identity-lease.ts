import { createHash } from 'node:crypto';
import { hasReason } from '@rhythm/api';
import type { Lease } from '@rhythm/api/types/coordination-v1';
import { formatMicroTime, parseTime, randomUuid, type Clock, type Random } from '@rhythm/base';
import type { OwnWrites } from '../ports/own-writes.ts';
import type { ObjectReader } from '../ports/types.ts';
import { presenceLimits } from './limits.ts';

const group = 'coordination.k8s.io';
const namespace = 'kube-system';
const label = 'apiserver.kubernetes.io/identity';
const component = 'kube-apiserver';
/** By which encryption configuration a server writes: the hash of the file, as in its metrics. `rhythm secrets rotate` waits until all servers say the same. */
export const encryptionAnnotation = 'rhythm.internal/encryption-config';

export interface IdentityPorts {
  readonly reader: ObjectReader;
  readonly writes: Pick<OwnWrites, 'create' | 'update' | 'delete'>;
  readonly clock: Clock;
  readonly random: Random;
  /** The hash of the encryption configuration in use; '' without one. Asked at each renewal. */
  readonly encryptionHash?: () => string;
}

/** The Lease in kube-system by which a server says that it is there (KEP-1965), and the collection of those that nobody renews. */
export class IdentityLease {
  readonly name: string;
  readonly #hostname: string;
  readonly #holder: string;
  readonly #ports: IdentityPorts;

  /** @param identity what no other server has, and this one has again after a restart. */
  constructor(identity: string, hostname: string, ports: IdentityPorts) {
    this.name = `apiserver-${createHash('sha256').update(identity).digest('hex').slice(0, 26)}`;
    this.#hostname = hostname;
    this.#holder = `${this.name}_${randomUuid(ports.random)}`;
    this.#ports = ports;
  }

  /** Rejects with `ApiError`. */
  async renew(): Promise<void> {
    const { reader, writes, clock } = this.#ports;
    const renewTime = formatMicroTime(clock.now());
    const found = await reader.get<Lease>(group, 'leases', namespace, this.name);
    if (found !== undefined) return writes.update(group, 'leases', { ...found, metadata: { ...found.metadata, annotations: this.#annotations(found.metadata.annotations) }, spec: { ...found.spec, holderIdentity: this.#holder, leaseDurationSeconds: presenceLimits.identitySeconds, renewTime } } as Lease);
    await writes.create(group, 'leases', {
      kind: 'Lease',
      apiVersion: 'coordination.k8s.io/v1',
      metadata: { name: this.name, namespace, labels: { [label]: component, 'kubernetes.io/hostname': labelValue(this.#hostname) }, annotations: this.#annotations() },
      spec: { holderIdentity: this.#holder, leaseDurationSeconds: presenceLimits.identitySeconds, acquireTime: renewTime, renewTime },
    } as Lease);
  }

  #annotations(found: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { [encryptionAnnotation]: _before, ...others } = found;
    const hash = this.#ports.encryptionHash?.() ?? '';
    return hash === '' ? others : { ...others, [encryptionAnnotation]: hash };
  }

  /** Deletes what servers that are gone have left. */
  async collect(): Promise<void> {
    const { reader, writes, clock } = this.#ports;
    for (const { metadata, spec } of await reader.list<Lease>(group, 'leases', namespace)) {
      if (metadata.labels?.[label] !== component || metadata.name === this.name) continue;
      const renewed = parseTime(spec?.renewTime ?? '') ?? parseTime(metadata.creationTimestamp ?? '') ?? clock.now();
      if (clock.now() < renewed + (spec?.leaseDurationSeconds ?? presenceLimits.identitySeconds) * 1000) continue;
      await writes.delete(group, 'leases', namespace, metadata.name ?? '', metadata.uid ?? '').catch((error: unknown) => {
        if (!hasReason(error, 'NotFound') && !hasReason(error, 'Conflict')) throw error;
      });
    }
  }
}

/** An address of IPv6 is no label: its colons become dashes, and its ends a digit. */
function labelValue(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '-').replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '').slice(0, 63);
}
