import { certificateSigningRequest } from './certificate-signing-request.ts';
import type { KindDefinition } from '../kind.ts';

export const certificatesKinds: readonly KindDefinition[] = [
  certificateSigningRequest,
];
