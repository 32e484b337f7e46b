import { describe, expect, test } from 'vitest';
import { schemaFor } from '../schema/table.ts';
import { checkConfiguration } from './check-configuration.ts';
import { Subject, testSchema } from './testing.ts';

describe('what is not applied any more', () => {
  test('goes when nobody else owns it, stays when another applier or updater does', () => {
    const subject = new Subject();
    subject.apply('a', { map: { x: '1', y: '1', z: '1' } });
    subject.apply('b', { map: { y: '1' } });
    subject.update('c', { map: { x: '1', y: '1', z: '2' } });
    subject.apply('a', { text: 't' });
    expect(subject.content).toEqual({ map: { y: '1', z: '2' }, text: 't' });
  });

  test('takes the struct along that held only that', () => {
    const subject = new Subject();
    subject.apply('a', { struct: { a: '1' }, text: 't' });
    subject.apply('a', { text: 't' });
    expect(subject.content).toEqual({ text: 't' });
  });

  test('leaves what nobody owned beside it in a map', () => {
    const subject = new Subject();
    subject.object = { metadata: {}, map: { old: '1' } } as never;
    subject.managers = [];
    subject.update('u', { map: { old: '1', x: '1' } });
    subject.apply('a', { map: { y: '1' } });
    subject.apply('a', {});
    expect(subject.content).toEqual({ map: { old: '1', x: '1' } });
  });

  test('is the item of a list, with what others changed in it', () => {
    const subject = new Subject();
    subject.apply('a', { items: [{ name: 'x', value: '1' }, { name: 'y' }] });
    subject.update('u', { items: [{ name: 'x', value: '2' }, { name: 'y' }] });
    subject.apply('a', { items: [{ name: 'y' }] });
    expect(subject.content).toEqual({ items: [{ name: 'y' }] });
    expect(subject.managers.map((one) => one.manager)).toEqual(['a']);
  });

  test('is one field of an item', () => {
    const subject = new Subject();
    subject.apply('a', { items: [{ name: 'x', value: '1', ports: [{ port: 1 }, { port: 2 }] }] });
    subject.apply('a', { items: [{ name: 'x', ports: [{ port: 2 }] }] });
    expect(subject.content).toEqual({ items: [{ name: 'x', ports: [{ port: 2 }] }] });
  });
});

describe('ownership', () => {
  test('is shared where values agree, and goes over where force changes them', () => {
    const subject = new Subject();
    subject.apply('a', { text: 't', count: 1 });
    subject.apply('b', { text: 't' });
    expect(subject.fieldsOf('a')).toEqual({ 'f:text': {}, 'f:count': {} });
    expect(subject.fieldsOf('b')).toEqual({ 'f:text': {} });
    subject.apply('b', { text: 'u' }, true);
    expect(subject.fieldsOf('a')).toEqual({ 'f:count': {} });
    expect(subject.content).toEqual({ text: 'u', count: 1 });
  });

  test('an atomic list is owned as a whole', () => {
    const subject = new Subject();
    subject.apply('a', { list: ['x'] });
    expect(() => subject.apply('b', { list: ['x', 'y'] })).toThrow('Apply failed with 1 conflict: conflict with "a": .list');
    subject.apply('b', { set: ['x'] });
    subject.apply('a', { list: ['x'], set: ['y'] });
    expect(subject.content).toEqual({ list: ['x'], set: ['x', 'y'] });
  });

  test('an update takes what it changes, and what is gone is nobody’s', () => {
    const subject = new Subject();
    subject.apply('a', { text: 't', map: { x: '1', y: '1' } });
    subject.update('u', { text: 'u', map: { x: '1' } });
    expect(subject.fieldsOf('a')).toEqual({ 'f:map': { 'f:x': {} } });
    expect(subject.fieldsOf('u')).toEqual({ 'f:text': {} });
    expect(() => subject.apply('a', { text: 't', map: { x: '1' } })).toThrow('conflict with "u" using v1: .text');
  });

  test('an update that changes nothing changes no time', () => {
    const subject = new Subject();
    subject.update('u', { text: 'x' });
    const before = subject.managers;
    subject.update('v', { text: 'x' });
    expect(subject.managers).toBe(before);
  });

  test('an object nobody’s writes were kept of belongs to whoever was before', () => {
    const subject = new Subject();
    subject.object = { metadata: {}, text: 't', count: 1 } as never;
    expect(() => subject.apply('a', { text: 'u' })).toThrow('conflict with "before-first-apply" using v1: .text');
    subject.apply('a', { text: 't' });
    expect(subject.managers.map((one) => [one.manager, one.operation, one.fields])).toEqual([
      ['before-first-apply', 'Update', { 'f:text': {}, 'f:count': {} }],
      ['a', 'Apply', { 'f:text': {} }],
    ]);
  });
});

describe('a configuration', () => {
  const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' };
  const deployment = schemaFor('apps', 'v1', 'Deployment') ?? testSchema;
  const containers = (...list: unknown[]): object => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'n', namespace: 'ns' }, spec: { template: { spec: { containers: list } } } });
  const prefix = 'failed to create typed patch object (ns/n; apps/v1, Kind=Deployment): ';

  test.each<[string, object, string]>([
    ['unknown fields', containers({ name: 'c', imag: 'x' }), '.spec.template.spec.containers[name="c"].imag: field not declared in schema'],
    ['two items of a key', containers({ name: 'c' }, { name: 'c' }), '.spec.template.spec.containers: duplicate entries for key [name="c"]'],
    ['two ports that are one by the default', containers({ name: 'c', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }), '.spec.template.spec.containers[name="c"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]'],
    ['an item without its key', containers({ image: 'x' }), `.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn't have default value)`],
    ['an item that is none', containers(null), '.spec.template.spec.containers: element 0: associative list with keys may not have a null element'],
    ['text for a number', { ...containers(), spec: { replicas: '1' } }, '.spec.replicas: expected numeric (int or float), got string'],
    ['a number for text', containers({ name: 'c', image: 5 }), '.spec.template.spec.containers[name="c"].image: expected string, got 5'],
    ['a list for a map', { ...containers(), spec: [] }, '.spec: expected map, got []'],
    ['a map for a list', { ...containers(), spec: { template: { spec: { containers: {} } } } }, '.spec.template.spec.containers: expected list, got {}'],
    ['unknown fields inside of what is owned as a whole', { ...containers(), spec: { selector: { matchLabel: {} } } }, '.spec.selector.matchLabel: field not declared in schema'],
  ])('with %s is refused', (_what, value, message) => {
    expect(() => checkConfiguration(deployment, value, gvk)).toThrow(`${prefix}${message}`);
  });

  test('gets canonical scalars, keeps its nulls, and no defaults', () => {
    const checked = checkConfiguration(deployment, { ...containers({ name: 'c', resources: { limits: { cpu: '1000m' } }, env: null }), spec: { replicas: null, template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m' } }, env: null }] } } } }, gvk);
    expect(checked).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'n', namespace: 'ns' }, spec: { replicas: null, template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } }, env: null }] } } } });
  });

  test.each([['null', null], ['a list', []], ['text', 'x']])('that is %s is refused', (_what, value) => {
    expect(() => checkConfiguration(deployment, value, gvk)).toThrow('must be an object');
  });
});
