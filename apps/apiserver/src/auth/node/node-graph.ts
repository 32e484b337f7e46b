import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@rhythm/api/types/core-v1';
import type { ObjectReader } from '../../ports/types.ts';
import { podReferences, volumeNeedsSecret, type PodReferences } from './references.ts';

/** A pod as the watch cache holds it: an identity that changes whenever the pod does, and the pod on demand. */
export interface HeldPod {
  readonly identity: object;
  read(): Pod;
}

/** The pods bound to a node, current to the call. */
export type PodsOfNode = (node: string) => Promise<readonly HeldPod[]>;

/** What leads from objects to a node: object ← pod ← node, through claims and volumes. Nothing is kept but what each pod refers to. */
export class NodeGraph {
  readonly #podsOf: PodsOfNode;
  readonly #reader: ObjectReader;
  readonly #known = new WeakMap<object, PodReferences>();

  constructor(podsOf: PodsOfNode, reader: ObjectReader) {
    this.#podsOf = podsOf;
    this.#reader = reader;
  }

  async hasPod(node: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#references(node)).some((pod) => pod.namespace === namespace && pod.name === name);
  }

  async needsConfigMap(node: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#references(node)).some((pod) => pod.namespace === namespace && pod.configMaps.has(name));
  }

  async needsServiceAccount(node: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#references(node)).some((pod) => pod.namespace === namespace && pod.serviceAccount === name);
  }

  async needsVolumeClaim(node: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#references(node)).some((pod) => pod.namespace === namespace && pod.volumeClaims.has(name));
  }

  async needsResourceClaim(node: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#references(node)).some((pod) => pod.namespace === namespace && pod.resourceClaims.has(name));
  }

  async needsSecret(node: string, namespace: string, name: string): Promise<boolean> {
    const pods = await this.#references(node);
    if (pods.some((pod) => pod.namespace === namespace && pod.secrets.has(name))) return true;
    for await (const volume of this.#volumes(pods)) if (volumeNeedsSecret(volume, namespace, name)) return true;
    return false;
  }

  async needsVolume(node: string, name: string): Promise<boolean> {
    for await (const volume of this.#volumes(await this.#references(node))) if (volume.metadata.name === name) return true;
    return false;
  }

  async #references(node: string): Promise<readonly PodReferences[]> {
    return (await this.#podsOf(node)).map((held) => {
      const known = this.#known.get(held.identity);
      if (known !== undefined) return known;
      const found = podReferences(held.read());
      this.#known.set(held.identity, found);
      return found;
    });
  }

  /** The volumes that are bound to claims of these pods: both sides must name each other. */
  async *#volumes(pods: readonly PodReferences[]): AsyncGenerator<PersistentVolume> {
    const seen = new Set<string>();
    for (const { namespace, volumeClaims } of pods) {
      for (const claimName of volumeClaims) {
        if (seen.has(`${namespace}/${claimName}`)) continue;
        seen.add(`${namespace}/${claimName}`);
        const claim = await this.#reader.get<PersistentVolumeClaim>('', 'persistentvolumeclaims', namespace, claimName);
        const volumeName = claim?.spec.volumeName ?? '';
        if (volumeName === '') continue;
        const volume = await this.#reader.get<PersistentVolume>('', 'persistentvolumes', '', volumeName);
        const ref = volume?.spec.claimRef;
        if (volume !== undefined && ref?.namespace === namespace && ref.name === claimName) yield volume;
      }
    }
  }
}
