import { ApiError } from '@rhythm/api';

export type Encoding = 'json' | 'yaml' | 'protobuf';

/** The form in which a client wants its reply. */
export interface Rendering {
  readonly encoding: Encoding;
  /** `partial`: only metadata. */
  readonly as: 'object' | 'table' | 'partial';
  /** Of the meta.k8s.io kinds of `table` and `partial`. */
  readonly metaVersion: 'v1' | 'v1beta1';
  /** For the Content-Type header. */
  readonly contentType: string;
}

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

const encodings: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/*': 'json',
  '*/*': 'json',
};
const typeOf: Readonly<Record<Encoding, string>> = { json: 'application/json', yaml: 'application/yaml', protobuf: 'application/vnd.kubernetes.protobuf' };
const rangesMax = 32;

/** The first thing the client accepts that we can write. @throws ApiError NotAcceptable. */
export function negotiate(accept: string, able: (rendering: Rendering) => boolean = () => true): Rendering {
  for (const range of parseAccept(accept === '' ? '*/*' : accept)) {
    const rendering = renderingOf(range);
    if (rendering !== undefined && able(rendering)) return rendering;
  }
  throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf');
}

/** Media ranges, the most wanted first (RFC 9110, 12.5.1). */
export function parseAccept(accept: string): MediaRange[] {
  const ranges = accept.split(',', rangesMax).map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => splitParameter(part)));
    const quality = Number(parameters.get('q') ?? '1');
    return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
  });
  return ranges.filter((range) => range.type !== '' && range.quality > 0).sort((a, b) => b.quality - a.quality);
}

function renderingOf(range: MediaRange): Rendering | undefined {
  const encoding = Object.hasOwn(encodings, range.type) ? encodings[range.type] : undefined;
  if (encoding === undefined) return undefined;
  const as = range.parameters.get('as');
  const plain = typeOf[encoding];
  if (as === undefined) return { encoding, as: 'object', metaVersion: 'v1', contentType: plain };
  const version = range.parameters.get('v');
  if (range.parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  // A Table has no protobuf form.
  if (as === 'Table' && encoding !== 'protobuf') return { encoding, as: 'table', metaVersion: version, contentType: plain };
  if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && (encoding !== 'protobuf' || version === 'v1')) return { encoding, as: 'partial', metaVersion: version, contentType: plain };
  return undefined;
}

function splitParameter(part: string): [string, string] {
  const at = part.indexOf('=');
  if (at === -1) return [part.toLowerCase(), ''];
  return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim().replace(/^"(.*)"$/, '$1')];
}
