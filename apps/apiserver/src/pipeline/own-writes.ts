import { ApiError, type KindDefinition, type KubeObject } from '@rhythm/api';
import { limits } from '../limits.ts';
import { CompanionConflict } from '../registry/object-store.ts';
import { createObject } from './create.ts';
import { removeObject } from './delete.ts';
import type { OwnWrites as OwnWritesPort } from '../ports/own-writes.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { ownUser } from './own-user.ts';
import type { Caller } from '../ports/types.ts';
import { decideUpdate } from './update.ts';

const nobody: Caller = { header: () => undefined, headersWith: () => [] };

/** Makes them through the pipeline, past its doors. */
export class OwnWrites implements OwnWritesPort {
  readonly #ports: PipelinePorts;

  /** Kinds that do not come and go; the registry puts its list together anew whenever those that do have changed. */
  readonly #builtIn = new Map<string, KindDefinition>();

  constructor(ports: PipelinePorts) {
    this.#ports = ports;
    for (const kind of ports.registry.kinds) if (kind.custom === undefined && !this.#builtIn.has(`${kind.group}/${kind.plural}`)) this.#builtIn.set(`${kind.group}/${kind.plural}`, kind);
  }

  async create(group: string, resource: string, object: KubeObject): Promise<void> {
    const text = JSON.stringify(object);
    for (let attempt = 0; ; attempt++) {
      const call = this.#call('create', group, resource, object);
      const copy = this.#ports.codec.admit(call.kind, JSON.parse(text), 'Strict').object;
      try {
        await createObject(this.#ports, call, copy);
        return;
      } catch (error) {
        if (!(error instanceof CompanionConflict) || attempt >= limits.updateRetriesMax) throw error;
      }
    }
  }

  async update(group: string, resource: string, object: KubeObject): Promise<void> {
    const call = this.#call('update', group, resource, object);
    const text = JSON.stringify(object);
    const next = (): KubeObject => this.#ports.codec.admit(call.kind, JSON.parse(text), 'Strict').object;
    await this.#ports.objects.change(call.kind, object.metadata.namespace ?? '', object.metadata.name ?? '', (current) => decideUpdate(this.#ports, call, current, next()));
  }

  async updateStatus(group: string, resource: string, object: KubeObject): Promise<void> {
    const main = this.#call('update', group, resource, object);
    const call: Call = { ...main, request: { ...main.request, subresource: 'status' }, attributes: { ...main.attributes, subresource: 'status' } };
    const text = JSON.stringify(object);
    const next = (): KubeObject => this.#ports.codec.admit(call.kind, JSON.parse(text), 'Strict').object;
    await this.#ports.objects.change(call.kind, object.metadata.namespace ?? '', object.metadata.name ?? '', (current) => decideUpdate(this.#ports, call, current, next()));
  }

  async delete(group: string, resource: string, namespace: string, name: string, uid: string): Promise<void> {
    await this.deleteAs(this.#kindOf(group, resource), namespace, name, uid);
  }

  async deleteAs(kind: KindDefinition, namespace: string, name: string, uid: string): Promise<void> {
    await removeObject(this.#ports, this.#callAs('delete', kind, { metadata: { namespace, name } }), name, { preconditions: { uid } });
  }

  #call(verb: string, group: string, resource: string, object: KubeObject): Call {
    return this.#callAs(verb, this.#kindOf(group, resource), object);
  }

  #kindOf(group: string, resource: string): KindDefinition {
    const kind = this.#builtIn.get(`${group}/${resource}`) ?? this.#ports.registry.kinds.find((k) => k.group === group && k.plural === resource);
    if (kind === undefined) throw new ApiError('InternalError', `no such kind: ${group}/${resource}`);
    return kind;
  }

  #callAs(verb: string, kind: KindDefinition, object: KubeObject): Call {
    const namespace = object.metadata.namespace ?? '';
    const name = verb === 'create' ? '' : (object.metadata.name ?? '');
    const of = { group: kind.group, version: kind.version, resource: kind.plural, subresource: '', namespace, name };
    return {
      request: { ...of, caller: nobody, verb, options: {}, body: new Uint8Array(), contentType: 'application/json', accept: 'application/json', userAgent: 'apiserver', signal: new AbortController().signal },
      user: ownUser,
      attributes: { ...of, user: ownUser, verb, isResource: true, path: '' },
      kind,
      dryRun: false,
      warnings: new Set(),
    };
  }
}
