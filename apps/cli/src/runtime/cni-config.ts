/** The pod network of one node. */
export interface PodNetwork {
  readonly name: string;
  readonly bridge: string;
  readonly podCidr: string;
  /** The bridge's own address, the pods' gateway. */
  readonly gateway: string;
  /** Where host-local keeps which addresses are taken. */
  readonly dataDir: string;
}

/** The CNI configuration list: bridge with host-local addresses, and host ports. Masquerading is the service proxy's. */
export function cniConflist(network: PodNetwork): string {
  return `${JSON.stringify(
    {
      cniVersion: '1.0.0',
      name: network.name,
      plugins: [
        {
          type: 'bridge',
          bridge: network.bridge,
          isGateway: true,
          ipMasq: false,
          // A pod may be chosen as the backend of a Service that it calls itself.
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            dataDir: network.dataDir,
            ranges: [[{ subnet: network.podCidr, gateway: network.gateway }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    undefined,
    2,
  )}\n`;
}
