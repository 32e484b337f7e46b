import { bodySizeMax, mediaType } from '@rhythm/api';
import { isJsonAlready, readYaml, repeatedKeys, yamlWorkMax } from '@rhythm/api/yaml';
import type { ReadBody, ReadOptions } from '../bodies/index.ts';
import type { PipelinePorts } from './ports.ts';
import type { ResourceRequest } from '../ports/types.ts';

/** What a pipeline without threads does. */
function readHere(body: Uint8Array): ReadBody {
  if (isJsonAlready(body)) return { json: body, repeated: [] };
  const { json, isRepeated } = readYaml(body, { workMax: yamlWorkMax, jsonSizeMax: bodySizeMax });
  return { json, repeated: isRepeated ? repeatedKeys(body) : [] };
}

/** A body in YAML as JSON. Rejects with `ApiError`. */
export async function jsonOfYaml({ yaml }: PipelinePorts, body: Uint8Array, options: ReadOptions): Promise<ReadBody> {
  return yaml === undefined ? readHere(body) : yaml.read(body, options);
}

/** The request with its body in JSON where it is an object in YAML; patches are read as what they are. */
export async function withJsonBody(ports: PipelinePorts, request: ResourceRequest): Promise<ResourceRequest> {
  if (request.body.length === 0 || request.verb === 'patch' || !isYaml(mediaType(request.contentType))) return request;
  const { json } = await jsonOfYaml(ports, request.body, { signal: request.signal });
  return { ...request, body: json, contentType: 'application/json' };
}

function isYaml(type: string): boolean {
  return type === 'application/yaml' || type === 'application/x-yaml' || type === 'text/yaml' || type.endsWith('+yaml');
}
