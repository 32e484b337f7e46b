import { describe, expect, it } from 'vitest';
import type { JSONSchemaProps } from '../gen/types/apiextensions-v1.ts';
import { compileCrdSchema } from './crd.ts';
import { schemaFor } from './table.ts';
import { validateStructure } from './validate.ts';

const text: JSONSchemaProps = { type: 'string' };

function errors(spec: JSONSchemaProps, value: unknown): string[] {
  const node = compileCrdSchema({ type: 'object', properties: { spec } });
  return validateStructure(node, { spec: value }).map((e) => `${e.type} ${e.field}: ${e.message}`);
}

describe('validateStructure', () => {
  it.each<[string, JSONSchemaProps, unknown, string[]]>([
    ['type', { type: 'integer' }, 'x', ['FieldValueTypeInvalid spec: Invalid value: "string": spec in body must be of type integer: "string"']],
    ['null', text, null, ['FieldValueTypeInvalid spec: Invalid value: "null": spec in body must be of type string: "null"']],
    ['nullable', { ...text, nullable: true }, null, []],
    ['number takes integers', { type: 'number' }, 3, []],
    ['required', { type: 'object', required: ['a', 'constructor'] }, {}, ['FieldValueRequired spec.a: Required value', 'FieldValueRequired spec.constructor: Required value']],
    ['enum', { ...text, enum: ['a', 'b'] }, 'c', ['FieldValueNotSupported spec: Unsupported value: "c": supported values: "a", "b"']],
    ['enum of objects', { 'x-kubernetes-preserve-unknown-fields': true, enum: [{ a: 1, b: [null] }] }, { b: [null], a: 1 }, []],
    ['enum of what looks like JSON', { 'x-kubernetes-preserve-unknown-fields': true, enum: [{ a: 1 }, null, 5] }, '{"a":1}', ['FieldValueNotSupported spec: Unsupported value: "{\\"a\\":1}": supported values: "{\\"a\\":1}", "null", "5"']],
    ['minimum', { type: 'integer', minimum: 1 }, 0, ['FieldValueInvalid spec: Invalid value: 0: spec in body should be greater than or equal to 1']],
    ['exclusive', { type: 'integer', maximum: 1, exclusiveMaximum: true }, 1, ['FieldValueInvalid spec: Invalid value: 1: spec in body should be less than 1']],
    ['pattern', { ...text, pattern: '^a+$' }, 'b', ["FieldValueInvalid spec: Invalid value: \"b\": spec in body should match '^a+$'"]],
    ['maxLength counts code points', { ...text, maxLength: 2 }, '🙂🙂🙂', ['FieldValueTooLong spec: Too long: may not be more than 2 bytes']],
    ['maxItems', { type: 'array', items: text, maxItems: 1 }, ['a', 'b'], ['FieldValueTooMany spec: Too many: 2: must have at most 1 item']],
    ['set', { type: 'array', items: text, 'x-kubernetes-list-type': 'set' }, ['a', 'a'], ['FieldValueDuplicate spec[1]: Duplicate value: "a"']],
    ['format', { ...text, format: 'date-time' }, 'noon', ['FieldValueTypeInvalid spec: Invalid value: "noon": spec in body must be of type date-time: "noon"']],
    ['anyOf', { 'x-kubernetes-preserve-unknown-fields': true, anyOf: [{ minimum: 5 }, { maximum: 1 }] }, 3, ['FieldValueInvalid spec: Invalid value: 3: spec in body must validate at least one schema (anyOf)']],
    ['not', { ...text, not: { enum: ['x'] } }, 'x', ['FieldValueInvalid spec: Invalid value: "x": spec in body must not validate the schema (not)']],
    ['oneOf', { type: 'integer', oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3, ['FieldValueInvalid spec: Invalid value: 3: spec in body must validate one and only one schema (oneOf). Found 2 valid alternatives']],
  ])('%s', (_name, schema, value, expected) => expect(errors(schema, value)).toEqual(expected));

  it('identifies elements of a map list by their keys and the defaults of these', () => {
    const schema: JSONSchemaProps = {
      type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: { type: 'object', properties: { port: { type: 'integer' }, protocol: { ...text, default: 'TCP' } } },
    };
    expect(errors(schema, [{ port: 1 }, { port: 1, protocol: 'UDP' }, { port: 1, protocol: 'TCP' }])).toEqual(['FieldValueDuplicate spec[2]: Duplicate value: {"port":1,"protocol":"TCP"}']);
  });

  it('matches patterns in linear time', () => {
    expect(errors({ ...text, pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}b`)).toHaveLength(1);
  });

  it('stops at a hundred errors', () => {
    expect(errors({ type: 'array', items: text }, Array(5000).fill(1)).length).toBeLessThanOrEqual(101);
  });

  it('does not ask a built-in for what Go cannot tell from zero, but for what it can', () => {
    const deployment = schemaFor('apps', 'v1', 'Deployment');
    if (deployment === undefined) throw new Error('no Deployment');
    expect(validateStructure(deployment, { spec: { selector: null, template: {} } })).toEqual([{ type: 'FieldValueRequired', field: 'spec.selector', message: 'Required value' }]);
  });

  it('looks up the values of a large list among many that are allowed', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => `value${i}`);
    expect(errors({ type: 'array', items: { ...text, enum: values } }, Array.from({ length: 50_000 }, () => 'value19999'))).toEqual([]);
  });

  it('does not repeat a long list of allowed values for each that is wrong', () => {
    const values = Array.from({ length: 20_000 }, (_, i) => `value${i}`);
    const found = errors({ type: 'array', items: { ...text, enum: values } }, Array.from({ length: 90 }, () => 'none'));
    expect(found[0]).toContain('"value0", "value1"');
    expect(found.join('').length).toBeLessThan(1_000_000);
  });
});
