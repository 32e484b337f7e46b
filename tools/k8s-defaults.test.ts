import { expect, test } from 'vitest';
import { constantDefaults, type Row } from './k8s-defaults.ts';

const home = 'k8s.io.api.batch.v1';
const groups = new Map([[home, 'batch']]);

function field(message: string, name: string, type: string, more: Row = {}): Row {
  return { proto_package: home, message, field_json_name: name, proto_type: type, go_presence: 'pointer', omitempty: 'omitempty', default: '', ...more };
}

function fact(kind: string, path: string, value: string, condition = 'absent'): Row {
  return { group: 'batch', version: 'v1', kind, field_path: path, default: value, condition, source: 'pkg/apis/batch/v1/defaults.go' };
}

const fields = [
  field('Job', 'spec', 'JobSpec', { go_presence: 'value' }),
  field('JobTemplateSpec', 'spec', 'JobSpec', { go_presence: 'value' }),
  field('JobSpec', 'parallelism', 'int32'),
  field('CronJob', 'spec', 'CronJobSpec', { go_presence: 'value' }),
  field('CronJobSpec', 'suspend', 'bool'),
  field('CronJobSpec', 'policy', 'string'),
  field('CronJobSpec', 'port', 'k8s.io.apimachinery.pkg.util.intstr.IntOrString'),
  field('CronJobSpec', 'keep', 'Keep'),
  field('Keep', 'mode', 'string', { go_presence: 'value' }),
];

test('a default leads to the field of its path, as JSON of the field’s type', () => {
  const found = constantDefaults(fields, [fact('CronJob', 'spec.suspend', 'false'), fact('CronJob', 'spec.policy', 'Allow'), fact('CronJob', 'spec.port', '25%')], groups);
  expect(Object.fromEntries(found)).toEqual({ [`${home}.CronJobSpec.suspend`]: 'false', [`${home}.CronJobSpec.policy`]: '"Allow"', [`${home}.CronJobSpec.port`]: '"25%"' });
});

test('a type that others use too gets none from a path', () => {
  expect(constantDefaults(fields, [fact('Job', 'spec.parallelism', '1')], groups).size).toBe(0);
});

test('conditional and computed values are left to the kinds', () => {
  expect(constantDefaults(fields, [fact('CronJob', 'spec.policy', 'Allow', 'absent and suspend set'), fact('CronJob', 'spec.policy', '= metadata.name')], groups).size).toBe(0);
});

test('a pointer on the way is made', () => {
  expect(constantDefaults(fields, [fact('CronJob', 'spec.keep.mode', 'Retain')], groups).get(`${home}.CronJobSpec.keep`)).toBe('{}');
});

test('a zero that omitempty would drop again is none', () => {
  expect(constantDefaults([field('A', 'b', 'int32', { go_presence: 'value', default: '0' })], [], groups).size).toBe(0);
});
