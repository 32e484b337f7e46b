import type { ObjectMeta, OwnerReference } from '../gen/types/meta-v1.ts';
import type { FieldError } from '../status.ts';
import { boundedJson } from './bounded-json.ts';
import { at, child, forbidden, invalidEach, invalidValue, ofEach, pathsWhenWrong, required, together, tooLong } from './field-error.ts';
import { byteLength, checkDns1123Label, checkQualifiedName, isQualifiedName, maskTrailingDash } from './names.ts';
import { validateLabels } from './labels.ts';
import { immutable, nonNegative } from './values.ts';

/** Most bytes of all annotations of an object together, keys and values. */
export const annotationsBytesMax = 256 * 1024;

/** Finalizers that may do without a prefix. */
const standardFinalizers: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** The syntax of a kind's names: what is wrong, nothing when fine. */
export type NameRule = (name: string) => string[];

export interface MetaRules {
  readonly namespaced: boolean;
  readonly checkName: NameRule;
  readonly path?: string;
  /** Finalizers without a slash are taken: definitions and custom resources have no list of standard ones. */
  readonly anyFinalizer?: boolean;
}

/** What is wrong with the metadata of an object (apimachinery, api/validation ValidateObjectMeta). */
export function validateObjectMeta(meta: ObjectMeta, options: MetaRules): FieldError[] {
  return pathsWhenWrong(() => validateMeta(meta, options));
}

function validateMeta(meta: ObjectMeta, options: MetaRules): FieldError[] {
  const path = options.path ?? 'metadata';
  const errors: FieldError[] = [];
  const { name = '', generateName = '', namespace = '' } = meta;
  if (generateName !== '') errors.push(...invalidEach(options.checkName(maskTrailingDash(generateName)), child(path, 'generateName'), generateName));
  if (name === '') errors.push(required(child(path, 'name'), 'name or generateName is required'));
  else errors.push(...invalidEach(options.checkName(name), child(path, 'name'), name));
  if (!options.namespaced) {
    if (namespace !== '') errors.push(forbidden(child(path, 'namespace'), 'not allowed on this type'));
  } else if (namespace === '') errors.push(required(child(path, 'namespace')));
  else errors.push(...invalidEach(checkDns1123Label(namespace), child(path, 'namespace'), namespace));
  return together(
    errors,
    nonNegative(meta.generation, child(path, 'generation')),
    validateLabels(meta.labels, child(path, 'labels')),
    validateAnnotations(meta.annotations, child(path, 'annotations')),
    validateOwnerReferences(meta.ownerReferences, child(path, 'ownerReferences')),
    validateFinalizers(meta.finalizers, child(path, 'finalizers'), options.anyFinalizer),
  );
}

/** What an update may not change in metadata. Values that the client left out are the stored ones already. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  const fixed = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;
  for (const field of fixed) errors.push(...immutable(meta[field], old[field], child(path, field)));
  if ((meta.generation ?? 0) < (old.generation ?? 0)) errors.push(invalidValue(child(path, 'generation'), meta.generation ?? 0, 'must not be decremented'));
  if (old.deletionTimestamp === undefined) return errors;
  const present = new Set(old.finalizers);
  const added = (meta.finalizers ?? []).filter((finalizer) => !present.has(finalizer));
  if (added.length > 0) {
    const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${boundedJson(added, 1024)}`;
    errors.push(forbidden(child(path, 'finalizers'), detail));
  }
  return errors;
}

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(annotations ?? {})) {
    if (!isQualifiedName(key)) errors.push(...invalidEach(checkQualifiedName(key.toLowerCase()), path, key));
    bytes += byteLength(key) + byteLength(annotations?.[key] ?? '');
  }
  return bytes > annotationsBytesMax ? [...errors, tooLong(path, annotationsBytesMax)] : errors;
}

function validateOwnerReferences(owners: readonly OwnerReference[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  if (owners === undefined) return errors;
  for (const [index, owner] of owners.entries()) {
    const here = at(path, index);
    const version = (owner.apiVersion ?? '').split('/').at(-1) ?? '';
    if (version === '') errors.push(invalidValue(child(here, 'apiVersion'), owner.apiVersion ?? '', 'version must not be empty'));
    for (const field of ['kind', 'name', 'uid'] as const) {
      if ((owner[field] ?? '') === '') errors.push(invalidValue(child(here, field), owner[field] ?? '', 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') errors.push(invalidValue(here, owner, '/v1, Kind=Event is disallowed from being an owner'));
    if (owner.controller !== true) continue;
    if (controller === undefined) controller = owner.name;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`;
      errors.push(invalidValue(path, owners, detail));
    }
  }
  return errors;
}

/** Names of finalizers: qualified, or one of the standard ones. */
export function validateFinalizers(finalizers: readonly string[] | undefined, path: string, anyName = false): FieldError[] {
  const errors = ofEach(finalizers, (finalizer) => {
    const wrong = invalidEach(checkQualifiedName(finalizer), path, finalizer);
    if (anyName || finalizer.includes('/') || standardFinalizers.has(finalizer)) return wrong;
    return [...wrong, invalidValue(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
  const both = finalizers?.includes('orphan') === true && finalizers.includes('foregroundDeletion');
  return both ? [...errors, invalidValue(path, finalizers, 'finalizers orphan and foregroundDeletion cannot be both set')] : errors;
}

/** Whether an object was never stored: only then rules hold that came after objects which break them. */
export function isFresh(meta: ObjectMeta): boolean {
  return (meta.resourceVersion ?? '') === '';
}
