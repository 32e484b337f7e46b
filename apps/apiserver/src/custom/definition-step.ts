import { at, child, compileCrdSchema, equalSchemas, forbidden, invalid, invalidValue, type FieldError } from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@rhythm/api/types/apiextensions-v1';
import type { AdmissionRequest, AdmissionStep } from '../ports/types.ts';
import { jsonPath, simplePath } from './json-path.ts';
import { compileRules } from './rules.ts';

const approval = 'api-approved.kubernetes.io';

/**
 * What is checked of a definition beyond its form: that its rules compile and cannot cost too much, that its paths lead somewhere, and that
 * groups of the Kubernetes project are used by their owners only (KEP-1111). Rules that an update leaves alone are not judged again.
 */
export const definitionStep: AdmissionStep = {
  name: 'CustomResourceDefinition',
  validate(request) {
    const errors = isDefinition(request) ? definitionErrors(request.object as CustomResourceDefinition, request.old as CustomResourceDefinition | undefined) : [];
    if (errors.length > 0) throw invalid(request.kind, request.object?.metadata.name ?? '', errors);
  },
};

function isDefinition({ kind, object, operation, attributes }: AdmissionRequest): boolean {
  return kind.group === 'apiextensions.k8s.io' && kind.plural === 'customresourcedefinitions' && object !== undefined && (operation === 'CREATE' || operation === 'UPDATE') && attributes.subresource === '';
}

/** Exported for tests. */
export function definitionErrors(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined): FieldError[] {
  const { spec } = definition;
  const errors = old === undefined ? approvalErrors(definition) : [];
  for (const [index, version] of (spec.versions ?? []).entries()) {
    const before = (old?.spec.versions ?? []).find(({ name }) => name === version.name);
    errors.push(...versionErrors(version, before, at('spec.versions', index)));
  }
  return errors;
}

function approvalErrors({ spec, metadata }: CustomResourceDefinition): FieldError[] {
  const isProtected = /(^|\.)(k8s|kubernetes)\.io$/.test(spec.group ?? '');
  const value = metadata.annotations?.[approval];
  if (!isProtected) return [];
  const field = `metadata.annotations[${approval}]`;
  if (value === undefined || value === '') {
    return [{ type: 'FieldValueRequired', field, message: `Required value: protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111` }];
  }
  if (value.startsWith('unapproved') || URL.canParse(value)) return [];
  return [invalidValue(field, value, `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`)];
}

function versionErrors(version: CustomResourceDefinitionVersion, before: CustomResourceDefinitionVersion | undefined, path: string): FieldError[] {
  return [
    ...ruleErrors(version, before, child(path, 'schema.openAPIV3Schema')),
    ...(version.additionalPrinterColumns ?? []).flatMap((column, index) => (jsonPath(column.jsonPath ?? '') === undefined ? [invalidValue(child(at(child(path, 'additionalPrinterColumns'), index), 'jsonPath'), column.jsonPath, 'is not a JSON path')] : [])),
    ...(version.selectableFields ?? []).flatMap((field, index) => (simplePath(field.jsonPath ?? '') === undefined ? [invalidValue(child(at(child(path, 'selectableFields'), index), 'jsonPath'), field.jsonPath, 'is an invalid path: must be a simple json path under the object, as .spec.color')] : [])),
    ...scaleErrors(version, child(path, 'subresources.scale')),
  ];
}

function scaleErrors({ subresources }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const scale = subresources?.scale;
  if (scale === undefined) return [];
  const under = (field: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath', prefixes: readonly string[]): FieldError[] => {
    const value = scale[field];
    if (value === undefined && field === 'labelSelectorPath') return [];
    if (simplePath(value ?? '') === undefined) return [invalidValue(child(path, field), value, 'should be a simple json path without array notation')];
    return prefixes.some((prefix) => value?.startsWith(prefix) === true) ? [] : [invalidValue(child(path, field), value, `should be a json path under ${prefixes.join(' or ')}`)];
  };
  return [...under('specReplicasPath', ['.spec.']), ...under('statusReplicasPath', ['.status.']), ...under('labelSelectorPath', ['.status.', '.spec.'])];
}

function ruleErrors(version: CustomResourceDefinitionVersion, before: CustomResourceDefinitionVersion | undefined, path: string): FieldError[] {
  const written = version.schema?.openAPIV3Schema;
  // Without rules there is nothing to compile: whether the schema is one has been judged with the definition's form.
  if (written === undefined || !hasRules(written)) return [];
  const schema = compileCrdSchema(written);
  if (before?.schema?.openAPIV3Schema !== undefined && equalSchemas(schema, compileCrdSchema(before.schema.openAPIV3Schema))) return [];
  return compileRules(schema).faults.map((fault) => (fault.rule === '' ? forbidden(path, fault.message) : fault.message.startsWith('estimated') ? forbidden(child(path, fault.path), fault.message) : invalidValue(child(path, fault.path), fault.rule, fault.message)));
}

/** Whether there are rules anywhere in a schema; a property that is only called like them counts too. */
function hasRules(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasRules);
  if (typeof schema !== 'object' || schema === null) return false;
  return Object.hasOwn(schema, 'x-kubernetes-validations') || Object.values(schema).some(hasRules);
}
