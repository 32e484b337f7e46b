import type { SchemaNode } from '../schema/node.ts';
import type { KubeObject } from '../resource.ts';
import { applyConfiguration, type Applied } from './apply-configuration.ts';
import type { Manager, Writer } from './managed-fields.ts';
import { trackUpdate } from './track-update.ts';
import { oneVersion } from './versions.ts';

const text: SchemaNode = { type: 'string' };
const whole: SchemaNode = { type: 'integer' };

const port: SchemaNode = { type: 'object', properties: new Map<string, SchemaNode>([['port', whole], ['protocol', { ...text, default: 'TCP' }], ['label', text]]) };
const item: SchemaNode = {
  type: 'object',
  properties: new Map<string, SchemaNode>([
    ['name', text],
    ['value', text],
    ['ports', { type: 'array', items: port, listType: 'map', listMapKeys: ['port', 'protocol'] }],
  ]),
};

/** For tests: a schema with everything that apply tells apart. */
export const testSchema: SchemaNode = {
  type: 'object',
  properties: new Map<string, SchemaNode>([
    ['kind', text],
    ['apiVersion', text],
    ['metadata', { type: 'object', properties: new Map<string, SchemaNode>([['name', text], ['annotations', { type: 'object', additionalProperties: text }]]) }],
    ['text', text],
    ['count', whole],
    ['struct', { type: 'object', properties: new Map<string, SchemaNode>([['a', text], ['b', text], ['inner', { type: 'object', properties: new Map([['c', text]]) }]]) }],
    ['map', { type: 'object', additionalProperties: text }],
    ['atomicMap', { type: 'object', mapType: 'atomic', additionalProperties: text }],
    ['list', { type: 'array', items: text }],
    ['set', { type: 'array', items: text, listType: 'set' }],
    ['items', { type: 'array', items: item, listType: 'map', listMapKeys: ['name'] }],
    ['any', { preserveUnknownFields: true }],
  ]),
};

export const testVersions = oneVersion('v1', testSchema);

export const never = (): boolean => false;

export function writer(manager: string, operation: Writer['operation'] = 'Apply'): Writer {
  return { manager, operation, apiVersion: 'v1', subresource: '' };
}

/** An object and who owns it, as it goes from write to write. */
export class Subject {
  object: KubeObject | undefined;
  managers: readonly Manager[] = [];
  #time = 0;

  apply(manager: string, configuration: object, force = false): Applied {
    const result = applyConfiguration({ versions: testVersions, live: this.object, managers: this.managers, configuration: { metadata: {}, ...configuration }, writer: writer(manager), force, skip: never, now: this.#now() });
    this.object = result.object as unknown as KubeObject;
    this.managers = result.managers;
    return result;
  }

  update(manager: string, object: object): void {
    const after = { metadata: {}, ...object };
    this.managers = trackUpdate(this.managers, { versions: testVersions, before: this.object ?? { metadata: {} }, after, skip: never }, writer(manager, 'Update'), this.#now());
    this.object = after;
  }

  fieldsOf(manager: string): unknown {
    return this.managers.find((one) => one.manager === manager)?.fields;
  }

  /** The object without its metadata. */
  get content(): Record<string, unknown> {
    const { metadata: _metadata, ...rest } = (this.object ?? {}) as Record<string, unknown>;
    return rest;
  }

  #now(): string {
    return `2026-01-01T00:00:${String(this.#time++).padStart(2, '0')}Z`;
  }
}
