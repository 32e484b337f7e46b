import { ingress } from './ingress.ts';
import { ingressClass } from './ingress-class.ts';
import { ipAddress } from './ip-address.ts';
import { networkPolicy } from './network-policy.ts';
import { serviceCidr } from './service-cidr.ts';
import type { KindDefinition } from '../kind.ts';

export const networkingKinds: readonly KindDefinition[] = [
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  serviceCidr,
];
