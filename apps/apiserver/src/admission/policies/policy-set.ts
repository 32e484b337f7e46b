import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '@rhythm/api/types/admissionregistration-v1';
import type { ResourceChanges } from '../../auth/ports.ts';
import type { ObjectReader } from '../../ports/types.ts';
import { compilePolicy, type CompiledPolicy } from './compiled-policy.ts';

const group = 'admissionregistration.k8s.io';
const policies = 'validatingadmissionpolicies';
const bindings = 'validatingadmissionpolicybindings';

export interface BoundPolicy {
  readonly compiled: CompiledPolicy;
  readonly bindings: readonly ValidatingAdmissionPolicyBinding[];
}

/** The policies in force, compiled once per version of each and read again only when one has changed. */
export class PolicySet {
  readonly #reader: ObjectReader;
  readonly #changes: ResourceChanges;
  readonly #compiled = new Map<string, CompiledPolicy>();
  #bound: Promise<readonly BoundPolicy[]> | undefined;
  /** What `#bound` has come to. */
  #known: readonly BoundPolicy[] | undefined;

  constructor(reader: ObjectReader, changes: ResourceChanges) {
    this.#reader = reader;
    this.#changes = changes;
    const forget = (): void => {
      this.#bound = undefined;
      this.#known = undefined;
    };
    changes.onChange(group, policies, forget);
    changes.onChange(group, bindings, forget);
  }

  /** Policies without a binding judge nothing, and are not here; what this server has written counts at once. */
  current(): readonly BoundPolicy[] | Promise<readonly BoundPolicy[]> {
    const [ofPolicies, ofBindings] = [this.#changes.settled?.(group, policies), this.#changes.settled?.(group, bindings)];
    if (ofPolicies === undefined && ofBindings === undefined) return this.#known ?? this.#read();
    return Promise.all([ofPolicies, ofBindings]).then(() => this.#read());
  }

  #read(): Promise<readonly BoundPolicy[]> {
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
    const present = new Set<string>();
    const foundPolicies = await this.#reader.list<ValidatingAdmissionPolicy>(group, policies, '');
    const foundBindings = await this.#reader.list<ValidatingAdmissionPolicyBinding>(group, bindings, '');
    const bound = foundPolicies.flatMap((policy): BoundPolicy[] => {
      const own = foundBindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
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
