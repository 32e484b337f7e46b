// Lists pods, watches, applies and deletes over the gRPC API: `node client.ts KUBECONFIG`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition, status, type Client, type ClientReadableStream, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

interface Request {
  readonly group?: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly options?: { readonly fieldSelector?: string; readonly fieldManager?: string; readonly force?: boolean; readonly limit?: number };
  readonly body?: Buffer;
  readonly contentType?: string;
}
interface Response {
  readonly code: number;
  readonly body: Buffer;
  readonly warnings: readonly string[];
}
interface WatchEvents {
  readonly events: readonly { readonly type: string; readonly object: Buffer }[];
}
type Unary = (request: Request, callback: (error: ServiceError | null, response?: Response) => void) => void;
/** The methods of `rhythm.api.v1.Api` that this program uses. */
type Api = Client & { readonly Get: Unary; readonly List: Unary; readonly Patch: Unary; readonly Delete: Unary; Watch(request: Request): ClientReadableStream<WatchEvents> };

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: { readonly phase?: string };
}

function connect(kubeconfig: string): Api {
  const text = readFileSync(kubeconfig, 'utf8');
  const field = (name: string): string => new RegExp(`\\b${name}: *"?([^\\s"]+)`).exec(text)?.[1] ?? fail(`${kubeconfig} has no ${name}`);
  const pem = (name: string): Buffer => Buffer.from(field(name), 'base64');
  const server = new URL(field('server'));
  const proto = fileURLToPath(new URL('../../../proto/rhythm/api/v1/api.proto', import.meta.url));
  const loaded = loadPackageDefinition(loadSync(proto, { enums: String, longs: Number, defaults: true })) as unknown as { rhythm: { api: { v1: { Api: ServiceClientConstructor } } } };
  // The gRPC face is on the next port.
  const target = `${server.hostname}:${Number(server.port) + 1}`;
  return new loaded.rhythm.api.v1.Api(target, credentials.createSsl(pem('certificate-authority-data'), pem('client-key-data'), pem('client-certificate-data'))) as unknown as Api;
}

function fail(message: string): never {
  throw new Error(message);
}

function call(api: Api, method: 'Get' | 'List' | 'Patch' | 'Delete', request: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    api[method](request, (error, response) => {
      if (error !== null || response === undefined) reject(error ?? new Error('no response'));
      else resolve(response);
    });
  });
}

async function main(kubeconfig: string): Promise<void> {
  const api = connect(kubeconfig);

  const pods = await call(api, 'List', { version: 'v1', resource: 'pods', options: { limit: 500 } });
  for (const { metadata, status: state } of (JSON.parse(pods.body.toString()) as { items: Named[] }).items) console.log(`${metadata.namespace}/${metadata.name} ${state?.phase}`);

  const place = { version: 'v1', resource: 'configmaps', namespace: 'default', name: 'from-typescript' };
  const watch = api.Watch({ version: 'v1', resource: 'configmaps', namespace: 'default', options: { fieldSelector: `metadata.name=${place.name}` } });
  const gone = (async () => {
    for await (const { events } of watch as AsyncIterable<WatchEvents>) {
      for (const { type, object } of events) {
        const { metadata } = JSON.parse(object.toString()) as Named;
        console.log(`${type.replace('TYPE_', '')} ${metadata.name}`);
        if (type === 'TYPE_DELETED') return;
        await call(api, 'Delete', place);
        console.log(`deleted configmaps/${metadata.name}`);
      }
    }
  })();

  const wanted = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: place.name }, data: { greeting: 'hello' } };
  await call(api, 'Patch', { ...place, contentType: 'application/apply-patch+yaml', options: { fieldManager: 'grpc-example', force: true }, body: Buffer.from(JSON.stringify(wanted)) });
  console.log(`applied configmaps/${place.name}`);
  await gone;

  try {
    await call(api, 'Get', place);
  } catch (error) {
    const { code, details, metadata } = error as ServiceError;
    const refusal = JSON.parse(String(metadata.get('kubernetes-status-bin')[0])) as { reason: string };
    console.log(`${status[code]}: ${details} (reason ${refusal.reason})`);
  }
  api.close();
}

await main(process.argv[2] ?? fail('usage: node client.ts KUBECONFIG'));
