import { Inject, Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import { classNeedsNoToken } from '../policy/handler-policy.js';

// The metadata of @WebSocketGateway(); @nestjs/websockets may not be installed.
const GATEWAY = 'websockets:is_gateway';
const OPTIONS = 'websockets:gateway_options';
const PORT = 'port';

interface Gateway {
  readonly type: Type;
  readonly open: boolean;
  readonly port: number;
  readonly path: string | undefined;
}

/** What this class uses of Nest's `WsAdapter`, `IoAdapter` and their descendants. */
interface SocketAdapter {
  readonly httpServer?: unknown;
  readonly createIOServer?: unknown;
}

/**
 * Knows the `@WebSocketGateway()` classes: which of them carry `@NoInternalToken()`, so that their own authentication
 * applies, and which requests are theirs. A gateway class that is not marked gets no client.
 */
@Injectable()
export class WebSocketGateways implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenRoutes');
  readonly #gateways: readonly Gateway[];
  /** The paths of open gateway classes on the application's own port. */
  #paths: readonly string[] = [];
  /**
   * socket.io owns everything below its path and has a transport that is plain HTTP; ws owns its path alone. It may also
   * have put its own listener for requests in the place of the framework's.
   */
  socketIo = false;

  /** @throws InternalTokenError `configuration_invalid` for a gateway class that would listen on a port of its own */
  constructor(
    modules: ModulesContainer,
    private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {
    this.#gateways = gatewaysOf(modules);
    // Nest opens these ports before it calls any hook.
    const apart = this.#gateways.find(({ open, port }) => !open && port !== 0);
    if (apart) throw unguarded(apart, `listens on port ${apart.port}, past the checks of this application`);
  }

  /** @throws InternalTokenError `configuration_invalid` where it cannot be told whose a handshake is */
  onModuleInit(): void {
    // Null where no gateway class is served: in an application context.
    const adapter = this.config.getIoAdapter() as SocketAdapter | null;
    if (adapter === null || this.#gateways.length === 0) return;
    this.socketIo = typeof adapter.createIOServer === 'function';
    const closed = this.#gateways.filter(({ open }) => !open);
    const open = this.#gateways.filter((gateway) => gateway.open);
    const [apart] = closed;
    if (apart !== undefined && adapter.httpServer !== this.host.httpAdapter?.getHttpServer()) {
      throw unguarded(apart, "listens on another server than the application's (give the adapter the application)");
    }
    const shared = open.filter(({ port }) => port === 0);
    this.#paths = shared.map((gateway) => this.#pathOf(gateway));
    for (const gateway of shared) this.#assertApart(gateway, closed);
    if (open.length === 0) return;
    const names = open.map((gateway) => `${gateway.type.name} (${this.#pathOf(gateway)})`).join(', ');
    this.#logger.log(`WebSocket gateways that need no internal token: ${names}`);
  }

  /** True for a handshake that an open gateway class answers. */
  opens({ url = '' }: IncomingMessage): boolean {
    if (this.#paths.length === 0) return false;
    const [path = ''] = url.split('?', 1);
    // ws compares the normalized path, socket.io the path as it came: only where they agree is it clear whose it is.
    if (URL.parse(path, 'ws://localhost')?.pathname !== path) return false;
    return this.#paths.some((own) => path === own || (this.socketIo && path.startsWith(`${own}/`)));
  }

  /** True for a plain request that an open gateway class answers: the long polling of socket.io. */
  polls(request: IncomingMessage): boolean {
    return this.socketIo && this.opens(request);
  }

  #pathOf({ path }: Gateway): string {
    const segments = (path ?? (this.socketIo ? 'socket.io' : '')).split('/').filter(Boolean);
    return `/${segments.join('/')}`;
  }

  #assertApart(gateway: Gateway, closed: readonly Gateway[]): void {
    const own = this.#pathOf(gateway);
    const near = closed.find((other) => {
      const path = this.#pathOf(other);
      return path === own || (this.socketIo && (path.startsWith(own) || own.startsWith(path)));
    });
    if (near === undefined) return;
    throw unguarded(
      near,
      `cannot be told from ${gateway.type.name}, which needs no internal token, by its path (${own}; namespaces are ` +
        'chosen after the handshake). Give it a path of its own',
    );
  }
}

function gatewaysOf(modules: ModulesContainer): Gateway[] {
  const types = new Set<Type>();
  for (const { providers } of modules.values()) {
    for (const { metatype, isNotMetatype } of providers.values()) {
      if (typeof metatype !== 'function' || isNotMetatype || !Reflect.hasMetadata(GATEWAY, metatype)) continue;
      types.add(metatype as Type);
    }
  }
  return [...types].map((type) => ({
    type,
    open: classNeedsNoToken(type),
    port: Number(Reflect.getMetadata(PORT, type) ?? 0),
    path: (Reflect.getMetadata(OPTIONS, type) as { path?: string } | undefined)?.path,
  }));
}

function unguarded({ type }: Gateway, why: string): InternalTokenError {
  return new InternalTokenError(
    'configuration_invalid',
    `The WebSocket gateway ${type.name} ${why}. Or put @NoInternalToken() on the class: then only its own ` +
      'authentication applies.',
  );
}
