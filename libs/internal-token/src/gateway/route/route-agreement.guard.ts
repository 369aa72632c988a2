import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import { Application, recordOf, type RouteDefinition } from '../../nest/index.js';
import { GatewayRoutes } from './gateway-routes.js';
import { GatewayRequest } from '../gateway-request.js';

type Handler = ReturnType<ExecutionContext['getHandler']>;

const scanner = new MetadataScanner();
const names = new WeakMap<Type, Map<Handler, string>>();

/**
 * Lets a public request run the very handler that the edge decided on, and no other. The framework's router may fold
 * case, slashes and escapes differently, or know routes that the gateway's table does not.
 */
@Injectable()
export class RouteAgreementGuard implements CanActivate {
  constructor(
    private readonly application: Application,
    private readonly routes: GatewayRoutes,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    if (execution.getType() !== 'http') return true;
    const request = execution.switchToHttp().getRequest<IncomingMessage & { raw?: IncomingMessage }>();
    const raw = request.raw ?? request;
    const known = recordOf(raw, this.application);
    // It came through an internal listener.
    if (known !== undefined && !(known instanceof GatewayRequest)) return true;
    if (known !== undefined && this.#serves(known.route, execution)) return true;
    throw new InternalTokenError('route_not_found');
  }

  #serves(route: RouteDefinition, execution: ExecutionContext): boolean {
    const controller = execution.getClass();
    return (
      this.routes.controllerOf(route) === controller && route.handler === nameOf(controller, execution.getHandler())
    );
  }
}

/** As in the route table: `OrdersController.place`. Found by identity, since decorators rename functions. */
function nameOf(controller: Type, handler: Handler): string {
  let known = names.get(controller);
  if (known === undefined) names.set(controller, (known = new Map()));
  let name = known.get(handler);
  if (name === undefined) {
    const prototype = controller.prototype as Record<string, unknown>;
    const key = scanner.getAllMethodNames(prototype).find((method) => prototype[method] === handler);
    known.set(handler, (name = `${controller.name}.${key ?? handler.name}`));
  }
  return name;
}
