/**
 * For tests: what in an OpenAPI document is against the specification (Swagger 2.0; OpenAPI 3.0), as far as our documents use it,
 * one line for each fault.
 */
export function documentFaults(document: object): string[] {
  return new Checker(document as Members).faults();
}

type Members = Readonly<Record<string, unknown>>;

const types = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean']);
const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);
const schemaKeys = new Set(
  '$ref format title description default multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties required enum type items allOf properties additionalProperties'.split(' '),
);
const schemaKeysOf3 = new Set([...schemaKeys, 'anyOf', 'oneOf', 'not', 'nullable']);
const counts = ['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'];

class Checker {
  readonly #document: Members;
  readonly #three: boolean;
  readonly #schemas: Members;
  readonly #found: string[] = [];
  readonly #ids = new Set<unknown>();

  constructor(document: Members) {
    this.#document = document;
    this.#three = document['openapi'] === '3.0.0';
    this.#schemas = (this.#three ? (document['components'] as Members)['schemas'] : document['definitions']) as Members;
  }

  faults(): string[] {
    const { info, paths } = this.#document as { info: Members; paths: Members };
    this.#keys('document', this.#document, this.#three ? ['openapi', 'info', 'paths', 'components'] : ['swagger', 'info', 'paths', 'definitions']);
    this.#must(this.#three || this.#document['swagger'] === '2.0', 'document', 'has neither version');
    this.#must(typeof info['title'] === 'string' && typeof info['version'] === 'string', 'info', 'has no title or version');
    for (const [path, item] of Object.entries(paths)) this.#path(path, item as Members);
    for (const [name, schema] of Object.entries(this.#schemas)) {
      this.#must(/^[a-zA-Z0-9._-]+$/.test(name), name, 'is no name for a component');
      this.#schema(name, schema);
    }
    return this.#found;
  }

  #must(condition: boolean, where: string, what: string): void {
    if (!condition) this.#found.push(`${where}: ${what}`);
  }

  #keys(where: string, value: Members, allowed: Iterable<string>): void {
    const known = new Set(allowed);
    for (const key of Object.keys(value)) this.#must(known.has(key) || key.startsWith('x-'), where, `may not have ${key}`);
  }

  #path(path: string, item: Members): void {
    this.#must(path.startsWith('/'), path, 'does not begin with a slash');
    this.#keys(path, item, [...methods, 'parameters']);
    const shared = (item['parameters'] ?? []) as Members[];
    for (const [method, operation] of Object.entries(item)) if (methods.has(method)) this.#operation(`${method} ${path}`, operation as Members, shared, path);
  }

  #operation(where: string, operation: Members, shared: readonly Members[], path: string): void {
    this.#keys(where, operation, ['operationId', 'parameters', 'responses', ...(this.#three ? ['requestBody'] : ['consumes', 'produces'])]);
    this.#must(typeof operation['operationId'] === 'string' && !this.#ids.has(operation['operationId']), where, `the id ${String(operation['operationId'])} is there twice`);
    this.#ids.add(operation['operationId']);
    const all = [...shared, ...((operation['parameters'] ?? []) as Members[])];
    for (const parameter of all) this.#parameter(where, parameter);
    const names = all.map((parameter) => `${String(parameter['in'])} ${String(parameter['name'])}`);
    this.#must(new Set(names).size === names.length, where, 'has a parameter twice');
    this.#must(all.filter((parameter) => parameter['in'] === 'body').length <= 1, where, 'has two bodies');
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => `path ${match[1]}`).toSorted();
    this.#must(inPath.join() === names.filter((name) => name.startsWith('path ')).toSorted().join(), where, 'the parameters are not those of the path');
    if (operation['requestBody'] !== undefined) this.#content(where, (operation['requestBody'] as Members)['content'] as Members);
    const responses = Object.entries((operation['responses'] ?? {}) as Members);
    this.#must(responses.length > 0, where, 'has no responses');
    for (const [status, response] of responses) this.#response(`${where} ${status}`, status, response as Members);
  }

  #parameter(where: string, parameter: Members): void {
    const name = `${where} ${String(parameter['name'])}`;
    if (parameter['in'] === 'body') {
      this.#must(!this.#three, name, 'there is no body in 3.0');
      this.#keys(name, parameter, ['name', 'in', 'required', 'schema', 'description']);
      return this.#schema(name, parameter['schema']);
    }
    this.#must(parameter['in'] === 'query' || (parameter['in'] === 'path' && parameter['required'] === true), name, 'is in no place, or not required');
    this.#keys(name, parameter, ['name', 'in', 'required', 'description', ...(this.#three ? ['schema'] : ['type', 'uniqueItems'])]);
    const type = this.#three ? (parameter['schema'] as Members)['type'] : parameter['type'];
    this.#must(type === 'string' || type === 'integer' || type === 'boolean', name, `has the type ${String(type)}`);
  }

  #response(where: string, status: string, response: Members): void {
    this.#must(/^[1-5]\d\d$/.test(status), where, 'is no status');
    this.#must(typeof response['description'] === 'string', where, 'has no description');
    this.#keys(where, response, ['description', this.#three ? 'content' : 'schema']);
    if (response['schema'] !== undefined) this.#schema(where, response['schema']);
    if (response['content'] !== undefined) this.#content(where, response['content'] as Members);
  }

  #content(where: string, content: Members): void {
    for (const [type, media] of Object.entries(content)) {
      this.#must(/^[^/]+\/[^/]+$/.test(type), where, `${type} is no media type`);
      this.#schema(`${where} ${type}`, (media as Members)['schema']);
    }
  }

  #schema(where: string, value: unknown): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#must(false, where, 'is no schema');
    const schema = value as Members;
    this.#keys(where, schema, this.#three ? schemaKeysOf3 : schemaKeys);
    if (schema['$ref'] !== undefined) this.#reference(where, schema);
    this.#must(schema['type'] === undefined || types.has(schema['type'] as string), where, `has the type ${String(schema['type'])}`);
    this.#must(schema['type'] !== 'array' || schema['items'] !== undefined, where, 'is an array without items');
    for (const key of ['description', 'format', 'pattern']) this.#must(schema[key] === undefined || typeof schema[key] === 'string', where, `${key} is no text`);
    for (const key of counts) this.#must(schema[key] === undefined || (Number.isSafeInteger(schema[key]) && (schema[key] as number) >= 0), where, `${key} is no count`);
    for (const key of ['required', 'enum']) this.#distinct(where, key, schema[key]);
    this.#must(!this.#three || fits(schema['default'], schema['type']), where, 'has a default of another type');
    for (const [name, property] of Object.entries((schema['properties'] ?? {}) as Members)) this.#schema(`${where}.${name}`, property);
    for (const key of ['items', 'not']) if (schema[key] !== undefined) this.#schema(`${where}[]`, schema[key]);
    if (typeof schema['additionalProperties'] === 'object') this.#schema(`${where}{}`, schema['additionalProperties']);
    for (const key of ['allOf', 'anyOf', 'oneOf']) for (const part of (schema[key] ?? []) as unknown[]) this.#schema(`${where} ${key}`, part);
  }

  #reference(where: string, schema: Members): void {
    const [, name = ''] = /^#\/(?:definitions|components\/schemas)\/(.+)$/.exec(String(schema['$ref'])) ?? [];
    this.#must(Object.hasOwn(this.#schemas, name), where, `${String(schema['$ref'])} is not there`);
    // In 3.0 what stands beside a reference is ignored.
    this.#must(!this.#three || Object.keys(schema).length === 1, where, 'has something beside a reference');
  }

  #distinct(where: string, key: string, value: unknown): void {
    if (value === undefined) return;
    const list = Array.isArray(value) ? (value as unknown[]) : [];
    this.#must(list.length > 0 && new Set(list).size === list.length, where, `${key} is empty or has something twice`);
  }
}

function fits(value: unknown, type: unknown): boolean {
  if (value === undefined || type === undefined) return true;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}
