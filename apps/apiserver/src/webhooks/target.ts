import { isIP } from 'node:net';
import { ApiError } from '@rhythm/api';
import type { WebhookClientConfig } from '@rhythm/api/types/admissionregistration-v1';
import { locateServiceBackend, type LocatePorts } from '../proxy/locate.ts';

/** Where a webhook is called. */
export interface WebhookTarget {
  /** As errors name it. */
  readonly url: string;
  /** `host:port` of the URL. */
  readonly authority: string;
  /** What is dialled: an address or a name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** The name that the certificate must bear; '' when it is `host`, an address. */
  readonly serverName: string;
  /** PEM; without it the authorities that the system trusts. */
  readonly ca: string | undefined;
}

/** The same for the webhooks of conversion, which have all of it under the same names. */
export type WebhookAddress = Pick<WebhookClientConfig, 'url' | 'service' | 'caBundle'>;

const defaultServicePort = 443;

/** The URL of a webhook, as its errors name it; a service stands under its own name. */
export function urlOf({ url, service }: WebhookAddress, timeoutMs: number): URL {
  const base = service === undefined ? new URL(url ?? '') : new URL(`https://${service.name}.${service.namespace}.svc:${service.port ?? defaultServicePort}${service.path ?? ''}`);
  base.searchParams.set('timeout', `${Math.ceil(timeoutMs / 1000)}s`);
  return base;
}

/** Finds an endpoint of the service, or reads the URL. @throws ApiError NotFound, ServiceUnavailable. */
export async function targetOf(address: WebhookAddress, timeoutMs: number, ports: LocatePorts): Promise<WebhookTarget> {
  const { service } = address;
  const url = urlOf(address, timeoutMs);
  const ca = address.caBundle === undefined || address.caBundle === '' ? undefined : Buffer.from(address.caBundle, 'base64').toString();
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? defaultServicePort : Number(url.port);
  const authority = `${url.hostname}:${port}`;
  const common = { authority, path: url.pathname + url.search, ca };
  if (service === undefined) return { ...common, url: url.href, host, port, serverName: isIP(host) === 0 ? host : '' };
  const backend = await locateServiceBackend(ports, service.namespace, service.name, port);
  // Errors name the port even where a URL would leave it out.
  return { ...common, url: `https://${authority}${common.path}`, host: backend.address, port: backend.port, serverName: host };
}

/** @throws ApiError BadRequest for an address that is none: stored before it was checked. */
export function checkAddress(address: WebhookAddress): void {
  if (address.service === undefined && !URL.canParse(address.url ?? '')) throw new ApiError('BadRequest', 'the webhook has neither a URL nor a service');
}
