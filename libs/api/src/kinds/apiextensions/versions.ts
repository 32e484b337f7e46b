import type { CustomResourceColumnDefinition, CustomResourceDefinition, CustomResourceDefinitionVersion, SelectableField } from '../../gen/types/apiextensions-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, invalidValue, required, tooMany } from '../../validation/field-error.ts';
import { checkDns1035Label } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { each, requiredChecked } from '../../validation/values.ts';
import { validateScale } from './scale.ts';
import { validateDefaults } from './schema-defaults.ts';
import { validateStructural } from './structural.ts';

const warningMax = 256;
const selectableMax = 8;
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

/** The versions of a definition: named once, one of them stored, each with a schema. */
export function validateVersions({ versions }: CustomResourceDefinition['spec'], before?: CustomResourceDefinition['spec']): FieldError[] {
  if ((versions ?? []).length === 0) return [required('spec.versions', 'must have at least one version')];
  const seen = new Set<string>();
  const errors = each(versions, 'spec.versions', (version, here) => {
    const wrong = checkDns1035Label(version.name ?? '').map((e) => invalidValue(child(here, 'name'), version.name, e));
    if (seen.has(version.name)) wrong.push(invalidValue(here, version.name, 'must contain unique version names'));
    seen.add(version.name);
    const old = before?.versions?.find(({ name }) => name === version.name);
    return [...wrong, ...validateVersion(version, here, old !== undefined && semanticEqual(version.schema, old.schema))];
  });
  const stored = versions.filter((version) => version.storage).length;
  if (stored !== 1) errors.push(invalidValue('spec.versions', versions.map((v) => v.name), 'must have exactly one version marked as storage version'));
  return errors;
}

function validateVersion(version: CustomResourceDefinitionVersion, path: string, sameSchema: boolean): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  const field = child(path, 'schema.openAPIV3Schema');
  const errors = validateWarning(version, child(path, 'deprecationWarning'));
  if (schema === undefined) errors.push(required(field, 'schemas are required'));
  else if (!sameSchema) {
    const wrong = validateStructural(schema, field);
    errors.push(...(wrong.length > 0 ? wrong : validateDefaults(schema, field)));
  }
  const { scale } = version.subresources ?? {};
  if (scale !== undefined) errors.push(...validateScale(scale, child(path, 'subresources.scale')));
  return [...errors, ...each(version.additionalPrinterColumns, child(path, 'additionalPrinterColumns'), validateColumn), ...validateSelectable(version, child(path, 'selectableFields'))];
}

function validateWarning({ deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  if (text === undefined) return [];
  const errors = deprecated === true ? [] : [invalidValue(path, text, 'can only be set for deprecated versions')];
  if (text.length > warningMax) errors.push(invalidValue(path, text, `must be <= ${warningMax} characters long`));
  if (text === '') errors.push(invalidValue(path, text, 'must not be an empty string'));
  const unprintable = text.search(/\p{C}|\p{Zl}|\p{Zp}/u);
  return unprintable < 0 ? errors : [...errors, invalidValue(path, text, `must only contain printable UTF-8 characters; non-printable character found at index ${unprintable}`)];
}

function validateColumn(column: CustomResourceColumnDefinition, path: string): FieldError[] {
  const errors = requiredChecked(column.name, child(path, 'name'));
  const oneOfTypes = `must be one of ${columnTypes.join(',')}`;
  if ((column.type ?? '') === '') errors.push(required(child(path, 'type'), oneOfTypes));
  else if (!columnTypes.includes(column.type)) errors.push(invalidValue(child(path, 'type'), column.type, oneOfTypes));
  const { format = '' } = column;
  if (format !== '' && !columnFormats.includes(format)) errors.push(invalidValue(child(path, 'format'), format, `must be one of ${columnFormats.join(',')}`));
  return [...errors, ...requiredChecked(column.jsonPath, child(path, 'jsonPath'))];
}

/** Fields to select by: a few scalars of the schema, each once, none that every object has anyway. */
function validateSelectable({ selectableFields = [], schema }: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const errors = selectableFields.length > selectableMax ? [tooMany(path, selectableFields.length, selectableMax)] : [];
  const seen = new Set<string>();
  selectableFields.forEach(({ jsonPath = '' }: Partial<SelectableField>, i) => {
    const here = at(path, i);
    if (jsonPath === '') errors.push(required(child(here, 'jsonPath')));
    if (jsonPath !== '' && seen.has(jsonPath)) errors.push(duplicate(child(here, 'jsonPath'), jsonPath));
    else if (/^\.metadata(\.|$)/.test(jsonPath)) errors.push(invalidValue(child(here, 'jsonPath'), jsonPath, 'must not point to fields in metadata'));
    else if (jsonPath !== '') {
      const type = typeAt(schema?.openAPIV3Schema, jsonPath.split('.').slice(1));
      if (type === undefined) errors.push(invalidValue(child(here, 'jsonPath'), jsonPath, 'is an invalid path: does not refer to a valid field'));
      else if (!['string', 'boolean', 'integer'].includes(type)) errors.push(invalidValue(child(here, 'jsonPath'), jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
    }
    seen.add(jsonPath);
  });
  return errors;
}

/** The type of what is at a path, undefined when there is nothing. */
function typeAt(schema: NonNullable<CustomResourceDefinitionVersion['schema']>['openAPIV3Schema'], names: readonly string[]): string | undefined {
  let at = schema;
  for (const name of names) at = at?.properties !== undefined && Object.hasOwn(at.properties, name) ? at.properties[name] : undefined;
  return at === undefined ? undefined : (at.type ?? '');
}
