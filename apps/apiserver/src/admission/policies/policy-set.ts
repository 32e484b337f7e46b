import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@rhythm/api/types/admissionregistration-v1';
import type { ResourceChanges } from '../../auth/ports.ts';
import type { ObjectReader } from '../../ports/types.ts';
import { compilePolicy, type CompiledPolicy } from './compiled-policy.ts';

const group = 'admissionregistration.k8s.io';

export interface BoundPolicy {
  readonly compiled: CompiledPolicy;
  readonly bindings: readonly ValidatingAdmissionPolicyBinding[];
}

/** The policies in force, compiled once per version of each and read again only when one has changed. */
export class PolicySet {
  readonly #reader: ObjectReader;
  readonly #compiled = new Map<string, CompiledPolicy>();
  #bound: Promise<readonly BoundPolicy[]> | undefined;
  /** What `#bound` has come to. */
  #known: readonly BoundPolicy[] | undefined;

  constructor(reader: ObjectReader, changes: ResourceChanges) {
    this.#reader = reader;
    const forget = (): void => {
      this.#bound = undefined;
      this.#known = undefined;
    };
    changes.onChange(group, 'validatingadmissionpolicies', forget);
    changes.onChange(group, 'validatingadmissionpolicybindings', forget);
  }

  /** Policies without a binding judge nothing, and are not here. */
  current(): readonly BoundPolicy[] | Promise<readonly BoundPolicy[]> {
    if (this.#known !== undefined) return this.#known;
    if (this.#bound === undefined) {
      const bound = this.#load();
      this.#bound = bound;
      bound.then(
        (known) => {
          if (this.#bound === bound) this.#known = known;
        },
        () => {
          if (this.#bound === bound) this.#bound = undefined;
        },
      );
    }
    return this.#bound;
  }

  async #load(): Promise<readonly BoundPolicy[]> {
    const policies = await this.#reader.list<ValidatingAdmissionPolicy>(group, 'validatingadmissionpolicies', '');
    const bindings = await this.#reader.list<ValidatingAdmissionPolicyBinding>(group, 'validatingadmissionpolicybindings', '');
    const present = new Set<string>();
    const bound = policies.flatMap((policy): BoundPolicy[] => {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
      if (own.length === 0) return [];
      const id = `${policy.metadata.uid}/${policy.metadata.generation ?? 0}`;
      present.add(id);
      const compiled = this.#compiled.get(id) ?? compilePolicy(policy);
      this.#compiled.set(id, compiled);
      return [{ compiled, bindings: own }];
    });
    for (const id of this.#compiled.keys()) if (!present.has(id)) this.#compiled.delete(id);
    return bound;
  }
}
