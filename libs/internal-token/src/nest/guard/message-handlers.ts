import { type ExecutionContext, Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, NestApplication } from '@nestjs/core';
import { InternalTokenError, newTransactionId } from '../../core/index.js';
import { controllersOf } from '../routes/controllers-of.js';
import { policyOf } from '../policy/handler-policy.js';
import { currentStore, enterStore } from '../context/internal-token-store.js';

// The metadata of @MessagePattern() and @EventPattern(); @nestjs/microservices may not be installed.
const MESSAGE_PATTERN = 'microservices:pattern';

/**
 * Knows the handlers of messages and events. No transport of theirs carries a token yet, so that the guard refuses
 * them, except those marked `@NoInternalToken()`; a connection on which no guard would run stops the start.
 */
@Injectable()
export class MessageHandlers implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenRoutes');
  #refused = 0;

  constructor(private readonly modules: ModulesContainer) {
    checkConnections();
  }

  /** Messages and events that the guard has refused. */
  get refused(): number {
    return this.#refused;
  }

  onModuleInit(): void {
    const open = this.#names('none');
    if (open.length > 0) this.#logger.log(`Handlers of messages that need no internal token: ${open.join(', ')}`);
  }

  /** @throws InternalTokenError `configuration_invalid`, naming each handler that would run without a guard */
  assertGuarded(): void {
    const unguarded = this.#names('token');
    if (unguarded.length === 0) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `No guard runs for ${unguarded.join(', ')}: connect the application with connectMicroservice(options, ` +
        '{ inheritAppConfig: true }), so that InternalTokenGuard refuses them, or put @NoInternalToken() on each.',
    );
  }

  /** Counts and tells what has no answer by which anybody would hear of it. */
  noteRefusal(execution: ExecutionContext, error: unknown): void {
    this.#refused++;
    const handler = `${execution.getClass().name}.${execution.getHandler().name}`;
    const tell = () => {
      this.#logger.warn(`refused: ${handler} (${execution.getType()}): ${error instanceof Error ? error.message : ''}`);
    };
    if (currentStore() === undefined) enterStore({ txn: newTransactionId() }, tell);
    else tell();
  }

  #names(access: 'token' | 'none'): string[] {
    return controllersOf(this.modules).flatMap((controller) =>
      messageHandlersOf(controller)
        .filter((handler) => (policyOf(controller, handler).access === 'none') === (access === 'none'))
        .map(({ name }) => `${controller.name}.${name}`),
    );
  }
}

const scanner = new MetadataScanner();

function messageHandlersOf(controller: Type): { readonly name: string }[] {
  const prototype = controller.prototype as Record<string, { readonly name: string }>;
  return scanner
    .getAllMethodNames(prototype)
    .flatMap((name) => prototype[name] ?? [])
    .filter((handler) => Reflect.hasMetadata(MESSAGE_PATTERN, handler));
}

let checking = false;

/**
 * Only this call says whether a microservice inherits the application's guards, and it may come before or after
 * `init()`; no hook of Nest's tells of it.
 */
function checkConnections(): void {
  if (checking) return;
  checking = true;
  const { prototype } = NestApplication;
  const connect = Reflect.get(prototype, 'connectMicroservice') as NestApplication['connectMicroservice'];
  prototype.connectMicroservice = function (this: NestApplication, options, hybrid) {
    if (!hybrid?.inheritAppConfig) handlersOf(this)?.assertGuarded();
    return Reflect.apply(connect, this, [options, hybrid]) as ReturnType<typeof connect>;
  };
}

function handlersOf(app: NestApplication): MessageHandlers | undefined {
  try {
    return app.get(MessageHandlers, { strict: false });
  } catch {
    // An application without InternalTokenModule, in the same process.
    return undefined;
  }
}
