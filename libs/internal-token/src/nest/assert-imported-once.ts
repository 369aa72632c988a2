import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';

/**
 * Two sets of options would each hook the server, and the last one would decide: beside a gateway, its public listener
 * would accept internal tokens.
 * @throws InternalTokenError `configuration_invalid`, saying where to import it
 */
export function assertImportedOnce(modules: ModulesContainer, module: Type): void {
  const count = [...modules.values()].filter(({ metatype }) => metatype === module).length;
  if (count === 1) return;
  throw new InternalTokenError(
    'configuration_invalid',
    `${module.name} is imported ${count} times, with different options. Import it once, in the root module: it is ` +
      'global, and InternalTokenGatewayModule has it already.',
  );
}
