import type { HttpAdapterHost } from '@nestjs/core';

/** How a router reads paths. */
export interface PathRules {
  readonly caseSensitive: boolean;
  /** `/orders/` is `/orders`. */
  readonly ignoreTrailingSlash: boolean;
  /** Whether escapes are decoded before paths are compared. */
  readonly decodes: boolean;
  /** Of several routes that fit, the first registered serves; otherwise the most precise. */
  readonly inOrder: boolean;
  /** Of routes with one pattern, explicit versions come before neutral ones; otherwise the first registered. */
  readonly explicitFirst: boolean;
  /** Braces are optional groups. */
  readonly groups: boolean;
  readonly maxParameterLength: number;
}

/** Fastify's defaults; the gateway reads by them whatever its adapter. */
export const EXACT_RULES: PathRules = Object.freeze({
  caseSensitive: true,
  ignoreTrailingSlash: false,
  decodes: true,
  inOrder: false,
  explicitFirst: true,
  groups: true,
  maxParameterLength: Number.MAX_SAFE_INTEGER,
});

type Adapter = NonNullable<HttpAdapterHost['httpAdapter']>;

interface FastifyRouterOptions {
  readonly caseSensitive?: boolean;
  readonly ignoreTrailingSlash?: boolean;
  readonly maxParamLength?: number;
}

/** How the application's own router reads paths, as it is configured. */
export function rulesOf(adapter: Adapter): PathRules {
  const type = adapter.getType();
  if (type === 'express') {
    const { router } = adapter.getInstance<{ router?: { caseSensitive?: boolean; strict?: boolean } }>();
    return {
      ...EXACT_RULES,
      caseSensitive: router?.caseSensitive === true,
      ignoreTrailingSlash: router?.strict !== true,
      decodes: false,
      inOrder: true,
      explicitFirst: false,
    };
  }
  if (type !== 'fastify') return EXACT_RULES;
  const { initialConfig = {} } = adapter.getInstance<{
    initialConfig?: FastifyRouterOptions & { readonly routerOptions?: FastifyRouterOptions };
  }>();
  const { routerOptions = {} } = initialConfig;
  return {
    ...EXACT_RULES,
    caseSensitive: (routerOptions.caseSensitive ?? initialConfig.caseSensitive) !== false,
    ignoreTrailingSlash: (routerOptions.ignoreTrailingSlash ?? initialConfig.ignoreTrailingSlash) === true,
    groups: false,
    maxParameterLength: routerOptions.maxParamLength || initialConfig.maxParamLength || 100,
  };
}
