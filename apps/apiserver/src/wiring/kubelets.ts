import type { Auth } from '../auth/index.ts';
import type { CertificatePair } from '../certificates/index.ts';
import type { ApiserverConfig, ApiserverPorts } from '../config.ts';
import type { ObjectReader } from '../ports/types.ts';
import type { ProxyPorts } from '../proxy/index.ts';
import { grpcNodeConnector, noNodeConnector, type StreamPorts } from '../streams/index.ts';

/** Our certificate for kubelets and the authority of theirs, as they are at the moment. */
function kubeletCredentials({ tls, kubeletClient }: ApiserverConfig, { live }: ApiserverPorts): (() => CertificatePair & { readonly ca: string }) | undefined {
  if (kubeletClient === undefined) return undefined;
  return () => ({ ca: live?.serving?.current.clientCa ?? tls.clientCa, ...(live?.kubeletClient?.current ?? kubeletClient) });
}

/** How logs, exec and the like reach the kubelets. */
export function streamPorts(config: ApiserverConfig, auth: Auth, reader: ObjectReader, ports: ApiserverPorts): StreamPorts {
  const { clock, log } = ports;
  const credentials = kubeletCredentials(config, ports);
  const connect = credentials === undefined ? noNodeConnector : grpcNodeConnector(credentials, clock);
  return { reader, connect, authorizer: auth.authorizer, clock, log };
}

/** How /proxy reaches nodes, pods and services. */
export function proxyPorts(config: ApiserverConfig, reader: ObjectReader, ports: ApiserverPorts): ProxyPorts {
  const { clock, random } = ports;
  const kubelet = kubeletCredentials(config, ports);
  return { reader, clock, random, ...(kubelet === undefined ? {} : { kubelet }) };
}
