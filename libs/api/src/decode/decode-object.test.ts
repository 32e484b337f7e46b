import { describe, expect, it } from 'vitest';
import { canonicalise } from '../schema/canonicalise.ts';
import { canonicalJson } from '../schema/canonical-json.ts';
import { compileCrdSchema } from '../schema/crd.ts';
import { decodeObject, decodeValue } from './decode-object.ts';

const json = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (text: string, fieldValidation: 'Strict' | 'Warn' | 'Ignore' = 'Ignore') => decodeObject(json(text), 'application/json', { fieldValidation });

describe('decodeObject', () => {
  it('names unknown and duplicate fields with their path, and drops or refuses them', () => {
    const body = '{"kind":"Pod","apiVersion":"v1","spec":{"foo":1,"containers":[{"name":"a","name":"b","zap":{"x":[{}]}}]}}';
    expect(decode(body, 'Warn').warnings).toEqual(['unknown field "spec.foo"', 'unknown field "spec.containers[0].zap"', 'duplicate field "spec.containers[0].name"']);
    expect(decode(body).object).toEqual({ kind: 'Pod', apiVersion: 'v1', spec: { containers: [{ name: 'b' }] } });
    expect(() => decode(body, 'Strict')).toThrow(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.foo", unknown field "spec.containers[0].zap", duplicate field "spec.containers[0].name"',
    );
  });

  it('sees a duplicate behind an escape and inside a dropped field', () => {
    expect(decode('{"kind":"ConfigMap","apiVersion":"v1","data":{"a":"1","\\u0061":"2"}}', 'Warn').warnings).toEqual(['duplicate field "data.a"']);
    expect(decode('{"kind":"ConfigMap","apiVersion":"v1","no":{"a":"1","a":"2"}}', 'Warn').warnings).toHaveLength(2);
  });

  it('refuses wrong types in the words of Kubernetes', () => {
    expect(() => decode('{"kind":"Deployment","apiVersion":"apps/v1","spec":{"replicas":"3"}}')).toThrow(
      'Deployment in version "apps/v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    );
    expect(() => decode('{"kind":"Deployment","apiVersion":"apps/v1","spec":{"replicas":3000000000}}')).toThrow('cannot unmarshal number 3000000000');
    expect(() => decode('{"kind":"Pod","apiVersion":"v1","spec":{"containers":{}}}')).toThrow('Go struct field PodSpec.spec.containers of type []v1.Container');
    expect(() => decode('{"kind":"Pod","apiVersion":"v1","metadata":{"creationTimestamp":"2026-02-30 noon"}}')).toThrow('parsing time');
    expect(() => decode('{"kind":"Secret","apiVersion":"v1","data":{"a":"?"}}')).toThrow('illegal base64');
  });

  it('never rounds an integer', () => {
    expect(() => decode('{"kind":"Pod","apiVersion":"v1","metadata":{"generation":9007199254740993}}')).toThrow('cannot be kept exactly');
    expect(() => decode('{"kind":"ControllerRevision","apiVersion":"apps/v1","data":{"x":[1e999]}}')).toThrow('"data.x[0]"');
    expect(decode('{"kind":"Pod","apiVersion":"v1","metadata":{"generation":9007199254740991}}').object['metadata']).toEqual({ generation: 9007199254740991 });
  });

  it('keeps hostile keys as plain members', () => {
    const { object, schema } = decode('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"labels":{"__proto__":"l","constructor":null}},"data":{"__proto__":"x","constructor":"y","10":"z"}}');
    canonicalise(schema, object);
    const data = object['data'] as Record<string, string>;
    expect(new Map(Object.entries(data))).toEqual(new Map([['10', 'z'], ['__proto__', 'x'], ['constructor', 'y']]));
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
    expect(canonicalJson(object)).toBe('{"kind":"ConfigMap","apiVersion":"v1","metadata":{"labels":{"__proto__":"l","constructor":""}},"data":{"10":"z","__proto__":"x","constructor":"y"}}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('drops an unknown __proto__ without touching a prototype, also when it is given twice', () => {
    const { object, warnings } = decode('{"kind":"ConfigMap","apiVersion":"v1","__proto__":{"a":1},"__proto__":{"polluted":true},"data":{"a":"b"}}', 'Warn');
    expect(object).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', data: { a: 'b' } });
    expect(warnings).toEqual(['unknown field "__proto__"', 'duplicate field "__proto__"']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('caps size and depth', () => {
    expect(() => decodeObject(new Uint8Array(3 * 1024 * 1024 + 1), 'application/json')).toThrow('limit is 3145728');
    const deep = `{"kind":"ControllerRevision","apiVersion":"apps/v1","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(() => decode(deep)).toThrow('nested deeper');
  });

  it('refuses what is no object of a known kind', () => {
    expect(() => decode('{"kind":"Pod"')).toThrow("couldn't get version/kind; json parse error: unexpected end of JSON input");
    expect(() => decode('[]')).toThrow('json parse error');
    expect(() => decode('{"apiVersion":"v1"}')).toThrow("Object 'Kind' is missing");
    expect(() => decode('{"kind":"Pad","apiVersion":"v1"}')).toThrow('no kind "Pad" is registered for version "v1"');
    expect(() => decodeObject(json('{}'), 'text/html')).toThrow('unknown format');
    expect(decodeObject(json('{}'), 'application/json', { expected: { group: 'apps', version: 'v1', kind: 'Deployment' } }).object).toEqual({ kind: 'Deployment', apiVersion: 'apps/v1' });
  });
});

describe('custom resources', () => {
  const schema = compileCrdSchema({ type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' }, when: { type: 'string', format: 'date-time' } } } } });
  const resolve = (group: string, _version: string, kind: string) => (group === 'example.com' && kind === 'Widget' ? schema : undefined);
  const widget = (rest: string) => decodeObject(json(`{"apiVersion":"example.com/v1","kind":"Widget",${rest}}`), 'application/json', { resolve, fieldValidation: 'Warn' });

  it('are pruned, with typed metadata and untouched scalars', () => {
    const { object, warnings } = widget('"metadata":{"name":"a","creationTimestamp":"2026-01-01T02:00:00+02:00","x":1},"spec":{"size":1,"when":"2026-01-01T02:00:00+02:00","__proto__":{}}');
    expect(object).toEqual({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { size: 1, when: '2026-01-01T02:00:00+02:00' } });
    expect(warnings).toEqual(['unknown field "metadata.x"', 'unknown field "spec.__proto__"']);
  });

  it('leave wrong types to validation, except in metadata', () => {
    expect(widget('"spec":{"size":"big"}').object['spec']).toEqual({ size: 'big' });
    expect(() => widget('"metadata":{"labels":{"a":1}}')).toThrow('Go struct field ObjectMeta.metadata.labels of type string');
    expect(() => widget('"spec":{"size":9007199254740993}')).toThrow('cannot be kept exactly');
  });

  it('are refused when their kind is not served', () => {
    expect(() => decodeObject(json('{"apiVersion":"example.com/v1","kind":"Gadget"}'), 'application/json', { resolve })).toThrow('no kind "Gadget" is registered for version "example.com/v1"');
  });
});

describe('decodeValue', () => {
  it('refuses what a patch has nested too deep', () => {
    let data: unknown = {};
    for (let level = 0; level < 1000; level++) data = { data };
    expect(() => decodeValue({ kind: 'ControllerRevision', apiVersion: 'apps/v1', data })).toThrow('nested deeper');
  });
});

describe('canonicalise', () => {
  const tidy = (text: string): unknown => {
    const { object, schema } = decode(text);
    return canonicalise(schema, object);
  };

  it('writes what Go always writes and drops what omitempty drops', () => {
    expect(tidy('{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a","labels":{}},"spec":{"paused":false,"minReadySeconds":0,"replicas":0}}')).toEqual({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'a' },
      spec: { replicas: 0, selector: null, template: { metadata: {}, spec: { containers: [] } }, strategy: {} },
      status: {},
    });
  });

  it('brings scalars into their canonical form', () => {
    expect(
      tidy('{"kind":"Pod","apiVersion":"v1","metadata":{"creationTimestamp":"2026-01-01T02:00:00.5+02:00"},"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":0.5,"memory":"1024Mi"}}}]}}'),
    ).toMatchObject({ metadata: { creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Gi' } } }] } });
  });
});
