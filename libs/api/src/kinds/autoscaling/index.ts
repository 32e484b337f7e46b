import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { horizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts';
import { scale } from './scale.ts';
import type { KindDefinition } from '../kind.ts';

export const autoscalingKinds: readonly KindDefinition[] = [
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  scale,
];
