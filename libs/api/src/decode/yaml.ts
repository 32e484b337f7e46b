import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Alias, type Pair, type ParsedNode, type Scalar, type YAMLMap } from 'yaml';
import { ApiError } from '../status.ts';

/** A YAML parser is a hundred times slower than a JSON parser: bodies above this size must be JSON. */
export const yamlSizeMax = 1024 * 1024;
/** What costs is structure, about 10 µs for each line, comma, bracket or indicator: the parser is given no more than these. */
export const yamlMarksMax = 40_000;
/** Nesting, aliases followed: a document that contains itself ends here. */
const depthMax = 512;
/** Members and elements looked at, however often an alias repeats them. */
export const yamlWorkMax = 100_000;

/** How much may be done about one document. */
export interface YamlEffort {
  readonly workMax: number;
  readonly jsonSizeMax: number;
}

/** A document that makes more work than was allowed: aliases multiply what they stand for. */
export class YamlWorkError extends ApiError {}

/**
 * A YAML document as JSON text, read as kubectl reads it: YAML 1.1 (`yes`, `on` and `012` are not strings), keys made strings, merge
 * keys followed. Equal keys are all written, for the JSON parser to report; integers keep every digit. Throws `ApiError`.
 */
export function yamlToJson(bytes: Uint8Array, jsonSizeMax: number): Uint8Array {
  return isJsonAlready(bytes) ? bytes : readYaml(bytes, { workMax: yamlWorkMax, jsonSizeMax }).json;
}

/** JSON is YAML; clients that send it under a YAML content type are common. */
export function isJsonAlready(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && isJson(bytes);
}

/** The same for what is not JSON. `isRepeated`: some map has a key twice. @throws ApiError, of which YamlWorkError may be none with more effort. */
export function readYaml(bytes: Uint8Array, effort: YamlEffort): { readonly json: Uint8Array; readonly isRepeated: boolean } {
  checkYamlSize(bytes);
  try {
    const converter = new Converter(effort);
    return { json: utf8.encode(converter.document(new TextDecoder().decode(bytes))), isRepeated: converter.isRepeated };
  } catch (thrown) {
    if (thrown instanceof RangeError) throw refused('the document is nested too deep');
    throw thrown;
  }
}

/** @throws ApiError RequestEntityTooLarge for what no parser is given. */
export function checkYamlSize(bytes: Uint8Array): void {
  if (bytes.length > yamlSizeMax) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit for YAML is ${yamlSizeMax}`);
  if (yamlMarks(bytes, yamlMarksMax) > yamlMarksMax) throw new ApiError('RequestEntityTooLarge', `Request entity too large: YAML of more than ${yamlMarksMax} lines, elements and indicators is not read, send JSON`);
}

/** Where keys of a document are written again, in the words of Kubernetes' YAML reader; none for a document that is too large to say. */
export function repeatedKeys(bytes: Uint8Array, marksMax = yamlMarksMax): string[] {
  if (bytes.length > yamlSizeMax || yamlMarks(bytes, marksMax) > marksMax) return [];
  const lines = new LineCounter();
  const found: string[] = [];
  visit(parseDocument(new TextDecoder().decode(bytes), { version: '1.1', uniqueKeys: false, logLevel: 'silent', prettyErrors: false, lineCounter: lines }), {
    Map: (_, map) => {
      const seen = new Set<unknown>();
      for (const { key } of (map as YAMLMap<ParsedNode, unknown>).items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value) && found.length < repeatedMax) found.push(`line ${lines.linePos(key.range[0]).line}: key ${JSON.stringify(key.value)} already set in map`);
        seen.add(key.value);
      }
    },
  });
  return found;
}

/** Repeated keys that are told. */
const repeatedMax = 100;

const utf8 = new TextEncoder();

/** 1 for each byte that may begin a token of YAML. */
const isMark = new Uint8Array(256);
for (const mark of '\n\r[]{},:-?&*!|>#%') isMark[mark.charCodeAt(0)] = 1;

/** Bytes that may begin a token; inside of a text they count too, up to one more than `enough`. */
export function yamlMarks(bytes: Uint8Array, enough: number): number {
  let count = 0;
  for (let at = 0; at < bytes.length && count <= enough; at++) if (isMark[bytes[at] as number] === 1) count++;
  return count;
}

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function refused(why: string): ApiError {
  return new ApiError('BadRequest', `error converting YAML to JSON: yaml: ${why}`);
}

function tooMuchWork(): YamlWorkError {
  return new YamlWorkError('BadRequest', 'error converting YAML to JSON: yaml: document contains excessive aliasing');
}

/** Tags of YAML 1.1 that kubectl's parser does not resolve to anything but text. */
const unusedTags = new Set(['tag:yaml.org,2002:timestamp', 'tag:yaml.org,2002:omap', 'tag:yaml.org,2002:set', 'tag:yaml.org,2002:pairs', 'tag:yaml.org,2002:binary', 'tag:yaml.org,2002:merge']);

class Converter {
  /** Some map has a key twice. */
  isRepeated = false;
  readonly #effort: YamlEffort;
  readonly #anchors = new Map<string, ParsedNode>();
  readonly #parts: string[] = [];
  #size = 0;
  #work = 0;

  constructor(effort: YamlEffort) {
    this.#effort = effort;
  }

  document(text: string): string {
    const document = parseDocument(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      intAsBigInt: true,
      uniqueKeys: false,
      logLevel: 'error',
      prettyErrors: false,
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || (!unusedTags.has(tag.tag) && !isSexagesimal(tag.format))),
    });
    const [error] = document.errors;
    if (error !== undefined) throw refused(error.message.startsWith('Maximum call stack') ? 'the document is nested too deep' : error.message);
    this.#node(document.contents as ParsedNode | null, 0);
    return this.#parts.join('');
  }

  #node(node: ParsedNode | null | undefined, depth: number): void {
    if (depth > depthMax) throw refused('the document is nested too deep');
    if (++this.#work > this.#effort.workMax) throw tooMuchWork();
    if (node === null || node === undefined) {
      this.#emit('null');
      return;
    }
    if (isAlias(node)) {
      this.#node(this.#target(node), depth + 1);
      return;
    }
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) this.#map(node, depth);
    else if (isSeq(node)) this.#sequence(node.items as (ParsedNode | null)[], depth);
    else this.#emit(scalarText(node as Scalar));
  }

  #target(alias: Alias): ParsedNode {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) throw refused(`unknown anchor '${alias.source}' referenced`);
    return target;
  }

  #sequence(items: readonly (ParsedNode | null)[], depth: number): void {
    this.#emit('[');
    items.forEach((item, index) => {
      if (index > 0) this.#emit(',');
      this.#node(item, depth + 1);
    });
    this.#emit(']');
  }

  #map(map: YAMLMap, depth: number): void {
    this.#emit('{');
    this.#members(map, depth).forEach(([key, value], index) => {
      this.#emit(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
      this.#node(value, depth + 1);
    });
    this.#emit('}');
  }

  /** The map's own members, then those that it takes from others and does not have itself. */
  #members(map: YAMLMap, depth: number): [string, ParsedNode | null][] {
    if (depth > depthMax) throw refused('the document is nested too deep');
    const own: [string, ParsedNode | null][] = [];
    const merged: YAMLMap[] = [];
    for (const pair of map.items as Pair<ParsedNode, ParsedNode | null>[]) {
      if (++this.#work > this.#effort.workMax) throw tooMuchWork();
      if (isMergeKey(pair.key)) merged.push(...this.#sources(pair.value));
      else own.push([this.#key(pair.key), pair.value]);
    }
    const known = new Set(own.map(([key]) => key));
    if (known.size < own.length) this.isRepeated = true;
    for (const source of merged) {
      for (const [key, value] of this.#members(source, depth + 1)) {
        if (known.has(key)) continue;
        known.add(key);
        own.push([key, value]);
      }
    }
    return own;
  }

  #sources(value: ParsedNode | null): YAMLMap[] {
    const node = isAlias(value) ? this.#target(value) : value;
    if (isMap(node)) return [node];
    if (isSeq(node)) return (node.items as ParsedNode[]).flatMap((item) => this.#sources(item));
    throw refused('map merge requires map or sequence of maps as the value');
  }

  #key(node: ParsedNode | null): string {
    const target = isAlias(node) ? this.#target(node) : node;
    if (target === null) return 'null';
    if (!isScalar(target)) throw refused('a map or a list cannot be a key');
    if (target.anchor !== undefined) this.#anchors.set(target.anchor, target);
    return typeof target.value === 'string' ? target.value : scalarText(target);
  }

  #emit(text: string): void {
    this.#size += text.length;
    if (this.#size > this.#effort.jsonSizeMax) throw tooMuchWork();
    this.#parts.push(text);
  }
}

/** `1:30` is text to kubectl, not ninety. */
function isSexagesimal(format: string | undefined): boolean {
  return format === 'TIME';
}

function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function scalarText(scalar: Scalar): string {
  const { value } = scalar;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`${scalar.source ?? 'the number'} has no form in JSON`);
    return String(value);
  }
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : 'null';
}
