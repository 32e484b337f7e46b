import {
  applyDefaults, apiVersionOf, checkDns1123Subdomain, compileCrdSchema, pruneUnknown, scaleSubresource, standardVerbs, subresource, validateObjectMeta, validateObjectMetaUpdate, validateStructure,
  type FieldError, type KindDefinition, type KubeObject, type SchemaNode,
} from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, CustomResourceSubresourceScale, JSONSchemaProps } from '@rhythm/api/types/apiextensions-v1';
import { createHash } from 'node:crypto';
import { deepEqual } from '../registry/deep-equal.ts';
import { webhookConversion, type ConversionPorts } from './conversion.ts';
import type { CustomKinds } from './live-registry.ts';
import { printerColumns } from './printer-columns.ts';
import { ratcheted } from './ratchet.ts';
import { compileRules, type RuleSet } from './rules.ts';
import { simplePath } from './json-path.ts';
import { scaleErrors } from './scale-paths.ts';

type Fields = Record<string, unknown>;

/**
 * The kinds of an accepted definition: one for each served version, all stored in the storage version.
 * @param conversion how webhooks are called; without it all versions differ in their name only.
 */
export function customKinds(definition: CustomResourceDefinition, conversion?: ConversionPorts): CustomKinds {
  const { versions } = definition.spec;
  const storage = versions.find((version) => version.storage) ?? versions[0];
  if (storage === undefined) throw new Error(`${definition.metadata.name} has no versions`);
  const stored = customKind(definition, storage, storage, conversion);
  return { stored, served: versions.filter(({ served }) => served).map((version) => (version === storage ? stored : customKind(definition, version, storage, conversion))) };
}

function customKind(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, storage: CustomResourceDefinitionVersion, conversion: ConversionPorts | undefined): KindDefinition {
  const { spec, status } = definition;
  const names = { ...spec.names, ...status?.acceptedNames };
  const namespaced = spec.scope === 'Namespaced';
  const own = { group: spec.group, version: version.name };
  const schema = lazySchema(version);
  const hasStatus = version.subresources?.status !== undefined;
  const { columns, cells } = printerColumns(version.additionalPrinterColumns);
  const apiVersion = apiVersionOf({ group: spec.group, version: version.name });
  const convert = conversion === undefined ? undefined : webhookConversion(definition, version.name, conversion);
  return {
    ...own,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced,
    verbs: definition.metadata.deletionTimestamp === undefined ? standardVerbs : standardVerbs.filter((verb) => verb !== 'create'),
    subresources: [
      ...(version.subresources?.scale === undefined ? [] : [scaleSubresource]),
      ...(hasStatus ? [subresource('status', names.kind, own)] : []),
    ],
    storageVersionHash: storageVersionHash(spec.group, storage.name, names.kind),
    get schema() {
      return schema.compiled();
    },
    storagePrefix: `${spec.group}/${names.plural}`,
    columns,
    cells,
    custom: {
      definition: definition.metadata.name ?? '',
      get openApi() {
        return schema.written();
      },
      ...(version.subresources?.scale === undefined ? {} : { scale: version.subresources.scale }),
    },
    ...(version.deprecated === true ? { deprecation: version.deprecationWarning ?? `${apiVersion} ${names.kind} is deprecated` } : {}),
    ...(convert === undefined ? {} : { convert }),
    ...(version === storage || convert !== undefined ? {} : { storedAs: { group: spec.group, version: storage.name, ...renaming(spec.group, version.name, storage.name, schema) } }),
    refresh: (object) => refreshed(schema.compiled(), object),
    ...strategy(hasStatus),
    ...validation(schema, namespaced, version.subresources?.scale),
    ...selectable(version.selectableFields?.map(({ jsonPath }) => jsonPath) ?? []),
  };
}

/** A schema as it was written, kept as one text and compiled when somebody first needs it: most definitions are there for long before, or without, any object. */
interface LazySchema {
  /** A copy each time; it may be large. */
  written(): JSONSchemaProps | undefined;
  compiled(): SchemaNode;
}

function lazySchema({ schema }: CustomResourceDefinitionVersion): LazySchema {
  const text = schema?.openAPIV3Schema === undefined ? undefined : JSON.stringify(schema.openAPIV3Schema);
  const written = (): JSONSchemaProps | undefined => (text === undefined ? undefined : (JSON.parse(text) as JSONSchemaProps));
  let compiled: SchemaNode | undefined;
  return { written, compiled: () => (compiled ??= compileCrdSchema(written() ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true })) };
}

/** The names clients know a storage version by: the first eight bytes of a hash, as Kubernetes makes it. */
function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64');
}

/** Conversion with strategy None: versions differ in their name only. */
function renaming(group: string, version: string, storage: string, schema: LazySchema): { toStored(object: KubeObject): KubeObject; fromStored(object: KubeObject): KubeObject } {
  const as = (name: string, object: KubeObject): KubeObject => ({ ...object, apiVersion: apiVersionOf({ group, version: name }) });
  return {
    toStored: (object) => as(storage, object),
    fromStored: (object) => {
      const made = as(version, object);
      refreshed(schema.compiled(), made);
      return made;
    },
  };
}

/** A stored object under the present schema: without what it no longer knows, with defaults it has got since. True when that changed it. */
function refreshed(schema: SchemaNode, object: KubeObject): boolean {
  const before = JSON.stringify(object);
  pruneUnknown(schema, object);
  applyDefaults(schema, object);
  return JSON.stringify(object) !== before;
}

function strategy(hasStatus: boolean): Pick<KindDefinition, 'prepareForCreate' | 'prepareForUpdate' | 'prepareForStatusUpdate'> {
  const apart = hasStatus ? ['metadata', 'status'] : ['metadata'];
  return {
    prepareForCreate(object) {
      if (hasStatus) delete (object as unknown as Fields)['status'];
      object.metadata.generation = 1;
    },
    prepareForUpdate(object, old) {
      if (hasStatus) copyField(object, old, 'status');
      const generation = old.metadata.generation ?? 1;
      object.metadata.generation = deepEqual(without(object, apart), without(old, apart)) ? generation : generation + 1;
    },
    ...(hasStatus
      ? {
          prepareForStatusUpdate(object, old) {
            for (const name of new Set([...Object.keys(object), ...Object.keys(old)])) if (name !== 'status' && name !== 'metadata') copyField(object, old, name);
            const { managedFields } = object.metadata;
            object.metadata = { ...old.metadata, ...(object.metadata.resourceVersion === undefined ? {} : { resourceVersion: object.metadata.resourceVersion }) };
            if (managedFields !== undefined) object.metadata.managedFields = managedFields;
          },
        }
      : {}),
  };
}

function copyField(object: KubeObject, old: KubeObject, name: string): void {
  const value = (old as unknown as Fields)[name];
  if (value === undefined) delete (object as unknown as Fields)[name];
  else (object as unknown as Fields)[name] = JSON.parse(JSON.stringify(value)) as unknown;
}

function without(object: KubeObject, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function validation(schema: LazySchema, namespaced: boolean, scale: CustomResourceSubresourceScale | undefined): Pick<KindDefinition, 'validate' | 'validateUpdate' | 'validateStatusUpdate'> {
  let compiled: RuleSet | undefined;
  const rules = (): RuleSet => (compiled ??= compileRules(schema.compiled()));
  const metaRules = { namespaced, checkName: checkDns1123Subdomain, anyFinalizer: true };
  const meta = (object: KubeObject): FieldError[] => validateObjectMeta(object.metadata, metaRules);
  const scaled = (object: KubeObject): FieldError[] => (scale === undefined ? [] : scaleErrors(scale, object));
  const update = (object: KubeObject, old: KubeObject): FieldError[] => [
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...ratcheted(validateStructure(schema.compiled(), object), schema.compiled(), object, old),
    ...rules().validate(object, old),
    ...scaled(object),
  ];
  return {
    validate: (object, old) => (old === undefined ? [...meta(object), ...validateStructure(schema.compiled(), object), ...rules().validate(object), ...scaled(object)] : meta(object)),
    validateUpdate: update,
    validateStatusUpdate: (object, old) => [...meta(object), ...update(object, old)],
  };
}

/** Fields of the definition's choice; one that an object lacks is ''. */
function selectable(paths: readonly string[]): Pick<KindDefinition, 'selectableFields'> {
  const fields = paths.flatMap((path) => {
    const steps = simplePath(path);
    return steps === undefined ? [] : [{ name: steps.join('.'), steps }];
  });
  if (fields.length === 0) return {};
  return { selectableFields: (object) => Object.fromEntries(fields.map(({ name, steps }) => [name, textAt(object, steps)])) };
}

function textAt(object: KubeObject, steps: readonly string[]): string {
  const value = steps.reduce<unknown>((part, step) => (typeof part === 'object' && part !== null && Object.hasOwn(part, step) ? (part as Fields)[step] : undefined), object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
