import type { PortDefinition } from '@app/contracts';

/** `internal/inventory`: no public listener answers below `/internal`. */
export const portPath = ({ name }: PortDefinition): string => `internal/${name}`;
