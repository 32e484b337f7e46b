import { networkInterfaces } from 'node:os';
import type { AdmissionRequest } from '@rhythm/api/types/admission-v1';
import type { ConversionRequest } from '@rhythm/api/types/apiextensions-v1';
import { startWebhook } from '../../../apps/apiserver/src/webhooks/testing.ts';
import type { Context } from './context.ts';

/** What a webhook is asked: AdmissionReview's request, or ConversionReview's. */
export type Question = AdmissionRequest & ConversionRequest;

/** What it answers at a path: members of the response besides `uid`; admission is allowed unless it says otherwise. */
export type Verdict = (path: string, request: Question) => object | Promise<object>;

export interface Webhook {
  /** `clientConfig` of a configuration: the Service, and the bundle it proves itself by. */
  client(path: string): WebhookClient;
}

export interface WebhookClient {
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number; readonly path: string };
  readonly caBundle: string;
}

const servicePort = 8443;

/** HTTPS at an address of this machine that is not loopback (services there are not called), behind a Service without selector. It ends with the row. */
export async function webhookBehindService(k: Context, verdict: Verdict): Promise<Webhook> {
  const name = k.unique('hook');
  const host = ownAddress();
  const server = await startWebhook(
    async (url, review) => {
      const request = review['request'] as Question;
      const said = await verdict(new URL(url, 'https://hook').pathname, request);
      return { body: { kind: review['kind'], apiVersion: review['apiVersion'], response: { uid: request.uid, ...(review['kind'] === 'AdmissionReview' ? { allowed: true } : {}), ...said } } };
    },
    { host, names: [`${name}.${k.namespace}.svc`] },
  );
  k.cleanup(() => server.stop());
  await k.create(k.path('services'), { metadata: { name }, spec: { ports: [{ port: servicePort }] } });
  await k.create(k.path('discovery.k8s.io/v1', 'endpointslices'), {
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port: server.port }],
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
  });
  return { client: (path) => ({ service: { namespace: k.namespace, name, port: servicePort, path }, caBundle: server.caBundle }) };
}

/** An IPv4 address of this machine that is not loopback: services there are not called. */
export function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('169.254.'));
  if (found === undefined) throw new Error('this machine has no address but loopback');
  return found.address;
}
