import { constant, type Live } from '@rhythm/base';
import type { ServerTls } from '@rhythm/grpc';
import { startKubelet, type Kubelet, type KubeletConfig, type KubeletPorts } from './kubelet.ts';
import { serveNode } from './server/node-server.ts';

export interface KubeletAppConfig extends KubeletConfig {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly tls: ServerTls;
}

export interface KubeletApp {
  readonly kubelet: Kubelet;
  readonly port: number;
  stop(): Promise<void>;
}

/** How long streams in flight may go on when the kubelet stops. */
const streamsGraceMs = 500;

/** Starts the kubelet and its server. `servingTls`: certificates that are renewed while it runs, instead of those of the configuration. Rejects when the port is taken, or when the runtime does not answer for two minutes. */
export async function start(config: KubeletAppConfig, ports: KubeletPorts & { readonly servingTls?: Live<ServerTls> }): Promise<KubeletApp> {
  let kubelet: Kubelet | undefined;
  const server = await serveNode({ host: config.host, port: config.port, tls: ports.servingTls ?? constant(config.tls), kubelet: () => kubelet });
  try {
    kubelet = await startKubelet(config, ports, () => server.port);
  } catch (error) {
    await server.stop(0);
    throw error;
  }
  const running = kubelet;
  return {
    kubelet: running,
    port: server.port,
    async stop() {
      await Promise.all([server.stop(streamsGraceMs), running.stop()]);
    },
  };
}
