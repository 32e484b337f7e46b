import type { Pod, Service } from '@rhythm/api/types/core-v1';

/** The variables that name the Services of a namespace, in the style of Docker links; `kubernetes` of `default` is always among them. */
export function serviceEnv(pod: Pod, services: readonly Service[]): Map<string, string> {
  const links = pod.spec.enableServiceLinks !== false;
  const out = new Map<string, string>();
  const isMaster = (service: Service): boolean => service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes';
  const chosen = services.filter((service) => isMaster(service) || (links && service.metadata.namespace === pod.metadata.namespace));
  const own = chosen.filter((service) => service.metadata.namespace === pod.metadata.namespace);
  for (const service of [...chosen.filter((s) => !own.includes(s)), ...own]) addService(service, out);
  return out;
}

function addService(service: Service, out: Map<string, string>): void {
  const ip = service.spec.clusterIP;
  const ports = service.spec.ports ?? [];
  const first = ports[0];
  if (ip === undefined || ip === '' || ip === 'None' || first === undefined) return;
  const name = envName(service.metadata.name ?? '');
  const host = ip.includes(':') ? `[${ip}]` : ip;
  out.set(`${name}_SERVICE_HOST`, ip);
  out.set(`${name}_SERVICE_PORT`, String(first.port));
  for (const port of ports) if (port.name !== undefined && port.name !== '') out.set(`${name}_SERVICE_PORT_${envName(port.name)}`, String(port.port));
  const protocolOf = (port: { protocol?: string }): string => port.protocol ?? 'TCP';
  out.set(`${name}_PORT`, `${protocolOf(first).toLowerCase()}://${host}:${first.port}`);
  for (const port of ports) {
    const prefix = `${name}_PORT_${port.port}_${protocolOf(port)}`;
    out.set(prefix, `${protocolOf(port).toLowerCase()}://${host}:${port.port}`);
    out.set(`${prefix}_PROTO`, protocolOf(port).toLowerCase());
    out.set(`${prefix}_PORT`, String(port.port));
    out.set(`${prefix}_ADDR`, ip);
  }
}

const envName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
